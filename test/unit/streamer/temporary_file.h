// A file for the length of a test.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace waljet {

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    const int fd = mkstemp(name_.data());
    FILE* stream = fdopen(fd, "w");
    std::fwrite(content.data(), 1, content.size(), stream);
    std::fclose(stream);
  }
  ~TemporaryFile() { unlink(name_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& name() const { return name_; }

 private:
  std::string name_ = "/tmp/waljet-test.XXXXXX";
};

}  // namespace waljet
