// Tells when a file may say something else: it was written and closed, another one was put in its
// place, or a symbolic link on the way to it leads elsewhere (as Kubernetes replaces `..data`).
//
// A file that is created is not news before its writer has closed it. Changes that other hosts make
// on a network file system are not seen.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace waljet {

class FileWatch {
 public:
  // Of no file if the name is empty. Throws where the system has no watch to give.
  explicit FileWatch(std::string file);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Readable when there is something to take; -1 of no file. Owned by this object.
  int fd() const { return fd_; }
  // Whether the file may say something else than when this was last called. Never blocks.
  bool take_changes();

 private:
  struct Directory {
    std::filesystem::path path;
    std::set<std::string> names;  // those that are looked up in it
  };

  void follow();
  bool concerns_us(int watch, const std::string& name, bool created) const;

  std::string file_;
  int fd_ = -1;
  std::map<int, Directory> directories_;  // by the numbers of their watches
};

}  // namespace waljet
