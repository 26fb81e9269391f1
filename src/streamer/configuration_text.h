// A configuration as `--print-config` shows it: YAML that says of each key where its value came
// from, and that can be loaded again. Secrets are hidden; those read from files of their own are
// shown by the file's name. Pure.
#pragma once

#include <string>

#include "streamer/configuration.h"

namespace waljet {

std::string configuration_text(const Configuration& configuration);

// A text as a YAML scalar: in quotes unless no reader could take it for anything else.
std::string yaml_scalar(const std::string& text);

}  // namespace waljet
