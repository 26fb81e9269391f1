// Prints docs/configuration.md from the declarations that the streamer reads its settings by.
#include <spdlog/fmt/fmt.h>

#include <iostream>
#include <string>
#include <string_view>

#include "streamer/setting.h"

namespace {

constexpr std::string_view introduction =
    R"(# Configuration

Generated from src/streamer/setting_table.cpp by `make docs`: do not edit.

Nothing has to be configured: `waljet run` alone publishes the database that libpq's environment names to a NATS server
on this host. What differs is said in a YAML file, in the environment, or by flags:

```sh
waljet run -c waljet.yaml
```

[waljet.example.yaml](waljet.example.yaml) is a file to begin with. Each setting is named by its path in the file, such
as `sink.stream.name`.

## Who wins

A flag wins over the environment, the environment over the file, the file over the default. What loses is checked all the
same. An empty value, and `null` in the file, are as good as none.

* **File**: `-c FILE`, of `run` and of all other commands. One YAML document in UTF-8. Texts may do without quotes where
  YAML allows it; `*` needs them.
* **Environment**: `WALJET_` and the path in upper case with `_` for the dot: `WALJET_SINK_STREAM_NAME`. A variable of
  ours that names no setting is told in the log.
* **Flags**: those in the tables below.

`waljet run --print-config` shows every setting, where its value comes from, and ends. What it prints can be loaded
again, but for hidden secrets.

Lists are YAML lists, or separated by commas: `[insert, update]` and `insert,update` say the same in the file, in a
variable and in a flag. A map is one line of YAML there: `WALJET_FILTER_TABLES='{users: [insert, update]}'`. Sizes are
bytes, or have a unit that counts by 1024: `64k`, `64KiB`, `8M`, `1GiB`. Durations have a unit: `500ms`, `90s`, `2m`,
`1h`, `7d`.

## Mistakes

What cannot be used ends waljet with exit code 2 before anything is connected to, and with one line that says where it
stands and what would be right:

```
waljet: /etc/waljet.yaml:12:3: unknown key 'sink.strem', did you mean 'sink.stream'?
waljet: WALJET_SINK_FENCING: "strikt" is not one of strict, off, did you mean "strict"?
```

## Secrets

Passwords and tokens, and the connection string and URLs that may hold them, are hidden in logs, by `--print-config` and,
as soon as waljet has read its flags, in the process title. Each of them may stand in a file of its own, whose last
newline does not count:

)";

constexpr std::string_view reload_notes =
    R"(
## While waljet runs

`waljet run` reads the configuration again on SIGHUP, and when its file is written or another one takes its place, by a
rename, a symbolic link, or Kubernetes' swap of `..data`; with the flags and the environment that it was started with.

* `log` takes effect at once.
* `filter` takes effect between two transactions: the one in publication is finished under the old filter, and when all
  of it is acknowledged the same process begins replication anew with the new one. No transaction is judged by both, no
  event is lost or stored twice. While NATS is away the reload waits, and says so.
* Whatever else differs from the start is named in a line of the log, and needs a restart.

What cannot be read changes nothing: the old filter goes on, and an error line says what is wrong and where. The same
holds for an empty file, and for a filter that the server refuses. Each line about replication names the version of the
filter, counted from the start of the process, and eight digits that are the same for the same filter everywhere:
`filter version 2 (25e92282)`.

Changes that are made on another host of a network file system are not seen, nor is a file that Docker mounts by itself
and not with its directory: send SIGHUP after the first, mount the directory for the second.
)";

constexpr std::string_view filter_notes =
    R"(
`filter.tables` is an allow-list: a table that it does not name is dropped. It is a list of tables or, in order, a map
that says for each what is sent of it; the first entry that matches counts, and `"*"` keeps the rest. A bare name means
that table in any schema.

```yaml
filter:
  tables:
    users: [insert, update]          # these operations
    audit.*:                         # all operations
    public.orders:
      operations: [insert]
      columns: {mask: [email]}       # include, exclude, mask, hash
      where: "amount > 100"
```

An entry without operations has those of `filter.operations`, which also bound those of the others. Where the entries
differ in nothing but their names, the plugin's options `tables` and `operations` say it; else its option `rules`, which
is an error with a plugin that has none.
)";

constexpr std::string_view stream_notes =
    R"(
Of `sink.auth` one way of logging in is taken: user and password, token, nkey or credentials; a URL may hold user and
password, or a token, instead. Files of nkeys, credentials and certificates are read anew for each connection, so that
they may be replaced while waljet runs; secrets that stand in files of their own are read at the start.
)";

struct Section {
  std::string_view name;
  std::string_view title;
  std::string_view notes;
};
constexpr Section sections[] = {
    {"source", "source: PostgreSQL and what events look like", ""},
    {"filter", "filter: which changes are sent", filter_notes},
    {"sink", "sink: NATS JetStream", stream_notes},
    {"log", "log", ""},
};

std::string code(const std::string& text) {
  return text.empty() ? std::string() : fmt::format("`{}`", text);
}

// A bar ends a cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void print_secrets() {
  std::cout << "| setting | key of the file | variable of the file |\n|---|---|---|\n";
  for (const waljet::Setting& setting : waljet::setting_table()) {
    if (!setting.is_secret()) continue;
    const std::string file = setting.path + "_file";
    std::cout << "| `" << setting.path << "` | `" << file << "` | `" << waljet::environment_of(file)
              << "` |\n";
  }
}

void print_section(const Section& section) {
  std::cout << "\n## " << section.title
            << "\n\n| setting | flag | default | allowed | meaning |\n|---|---|---|---|---|\n";
  for (const waljet::Setting& setting : waljet::setting_table()) {
    if (!setting.path.starts_with(std::string(section.name) + ".")) continue;
    const bool described = setting.default_text.empty();
    std::cout << "| `" << setting.path << "` | " << code(setting.flag) << " | "
              << (described ? setting.default_note : code(setting.default_text)) << " | "
              << cell(allowed_text(setting)) << " | " << cell(setting.sentence) << " |\n";
  }
  std::cout << section.notes;
}

}  // namespace

int main() {
  std::cout << introduction;
  print_secrets();
  for (const Section& section : sections) print_section(section);
  std::cout << reload_notes;
}
