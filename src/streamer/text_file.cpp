#include "streamer/text_file.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace waljet {

Result<std::string> read_text_file(const std::string& file, size_t bytes_max) {
  const auto failed = [&](std::string_view why) {
    return Error{ErrorClass::configuration, fmt::format("{}: {}", file, why), {}, {}};
  };
  const std::unique_ptr<FILE, int (*)(FILE*)> stream(std::fopen(file.c_str(), "rbe"), std::fclose);
  if (!stream) return failed(std::strerror(errno));
  std::string text;
  std::array<char, 4096> block;
  while (const size_t bytes = std::fread(block.data(), 1, block.size(), stream.get())) {
    text.append(block.data(), bytes);
    if (text.size() > bytes_max) return failed(fmt::format("larger than {} bytes", bytes_max));
  }
  if (std::ferror(stream.get()) != 0) return failed(std::strerror(errno));
  return text;
}

}  // namespace waljet
