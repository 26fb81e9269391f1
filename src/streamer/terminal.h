// Lines that are drawn again in their own place, on a terminal; one after the other elsewhere.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace waljet {

class RedrawnLines {
 public:
  RedrawnLines();  // on standard output

  bool on_terminal() const { return on_terminal_; }
  // Of the terminal; 0: no limit.
  size_t width() const;
  size_t height() const;

  // Replaces what was drawn before, or follows it where there is no terminal. False: nobody reads
  // any more.
  bool draw(const std::vector<std::string>& lines);

 private:
  bool on_terminal_;
  size_t drawn_ = 0;  // lines above the cursor that are ours
};

}  // namespace waljet
