// A small file, read whole.
#pragma once

#include <cstddef>
#include <string>

#include "streamer/errors.h"

namespace waljet {

// An error is of class `configuration`, and begins with the file's name.
Result<std::string> read_text_file(const std::string& file, size_t bytes_max);

}  // namespace waljet
