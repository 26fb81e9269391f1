#include "plugin/options.h"

#include "plugin/encoding.h"
#include "plugin/memory.h"
#include "plugin/rule_check.h"

namespace waljet {
namespace {

std::string_view option_value(const DefElem* element) {
  if (element->arg == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("option \"%s\" needs a value", element->defname)));
  }
  return utf8_of(strVal(element->arg));
}

const char* allowed_text(const OptionSpec& spec) {
  Sink sink = make_sink(CurrentMemoryContext, 256);
  put_allowed(sink, spec);
  return copy_into(CurrentMemoryContext, sink.view()).data();
}

const char* known_names() {
  Sink sink = make_sink(CurrentMemoryContext, 512);
  for (const OptionSpec& spec : option_specs()) {
    if (sink.size() > 0) sink.put(", ");
    sink.put(spec.name);
  }
  return copy_into(CurrentMemoryContext, sink.view()).data();
}

const OptionSpec& recognize(const DefElem* element) {
  const OptionSpec* spec = find_option(element->defname);
  if (spec == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("unrecognized option \"%s\"", element->defname),
                    errhint("Options of waljet " WALJET_VERSION " are %s.", known_names())));
  }
  return *spec;
}

// `problem` continues "The value ..."; it and the hint are views of literals, so they end in a zero
// byte.
void refuse_value(const OptionSpec& spec, std::string_view value, std::string_view problem,
                  std::string_view hint = {}) {
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("invalid value for option \"%s\": \"%.*s\"", spec.name.data(),
                         static_cast<int>(value.size()), value.data()),
                  errdetail("The value %s.", problem.data()),
                  errhint("%s", hint.empty() ? allowed_text(spec) : hint.data())));
}

// As it was given, or the default.
std::string_view given_value(List* list, const PluginOptions& options, const OptionSpec& spec) {
  ListCell* cell;
  foreach (cell, list) {
    const auto* element = static_cast<const DefElem*>(lfirst(cell));
    if (spec.name == element->defname) return option_value(element);
  }
  return options.subject_text;
}

}  // namespace

PluginOptions read_options(List* list, std::string_view database) {
  PluginOptions options;
  uint64_t seen = 0;
  ListCell* cell;
  foreach (cell, list) {
    const auto* element = static_cast<const DefElem*>(lfirst(cell));
    const OptionSpec& spec = recognize(element);
    const uint64_t bit = uint64_t{1} << static_cast<unsigned>(spec.id);
    if ((seen & bit) != 0) {
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                      errmsg("option \"%s\" is given more than once", element->defname),
                      errhint("Give each option once; lists are separated by commas.")));
    }
    seen |= bit;
    const std::string_view value = option_value(element);
    if (spec.kind == OptionKind::rules) require_valid_rules(value);
    const std::string_view problem = set_option(options, spec, value);
    if (!problem.empty()) refuse_value(spec, value, problem);
  }
  const OptionProblem problem = finish_options(options, database);
  if (!problem.phrase.empty()) {
    const OptionSpec& spec = option_specs()[static_cast<size_t>(problem.id)];
    refuse_value(spec, given_value(list, options, spec), problem.phrase, problem.hint);
  }
  return options;
}

}  // namespace waljet
