"""What the parts of the benchmark share: the frame that a part runs in, what it measures with, what it hands back."""
