// Prints docs/plugin-options.md from the declarations that the plugin parses by.
#include <iostream>
#include <string>

#include "event/plugin_options.h"

namespace {

void grow_string(waljet::Sink& sink, size_t extra) {
  auto* owner = static_cast<std::string*>(sink.owner());
  owner->resize(sink.size() + extra + 64);
  sink.rebase(owner->data(), owner->size());
}

std::string allowed_of(const waljet::OptionSpec& spec) {
  std::string storage;
  waljet::Sink sink(storage.data(), 0, grow_string, &storage);
  put_allowed(sink, spec);
  std::string sentence(sink.view());
  // "Allowed: x." in the message becomes "x" in the table.
  sentence = sentence.substr(sentence.find(": ") + 2);
  sentence.pop_back();
  return sentence;
}

}  // namespace

int main() {
  std::cout
      << "# Plugin options\n\n"
         "Generated from src/event/plugin_options.cpp by `make docs`: do not edit.\n\n"
         "They are given to START_REPLICATION, to `pg_recvlogical -o name=value` or to the SQL "
         "functions; the\nstreamer sends them from its own flags. An option that is unknown, "
         "given twice, without a value or out\nof range is an error (SQLSTATE 22023), and "
         "nothing starts.\n\n"
         "| option | default | allowed | meaning |\n|---|---|---|---|\n";
  for (const waljet::OptionSpec& spec : waljet::option_specs()) {
    const bool described = spec.default_value.empty();
    std::cout << "| `" << spec.name << "` | "
              << (described ? std::string(spec.default_note)
                            : "`" + std::string(spec.default_value) + "`")
              << " | " << allowed_of(spec) << " | " << spec.sentence << " |\n";
  }
}
