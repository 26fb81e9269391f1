#include "plugin/neutral_settings.h"

namespace waljet {
namespace {

struct Setting {
  const char* name;
  const char* value;
};

constexpr Setting settings[] = {
    {"DateStyle", "ISO, YMD"},
    {"IntervalStyle", "postgres"},
    {"TimeZone", "UTC"},
    {"extra_float_digits", "1"},
    {"bytea_output", "hex"},
    {"xmlbinary", "base64"},
    {"lc_monetary", "C"},
    {"search_path", ""},
    {"quote_all_identifiers", "off"},
    // These three are about the text of predicates.
    {"standard_conforming_strings", "on"},
    {"backslash_quote", "safe_encoding"},
    {"transform_null_equals", "off"},
};

constexpr int no_nest_level = 0;

}  // namespace

int neutralize_settings(bool own_session) {
  const int nest_level = own_session ? no_nest_level : NewGUCNestLevel();
  for (const Setting& setting : settings) {
    set_config_option(setting.name, setting.value, PGC_USERSET, PGC_S_SESSION,
                      own_session ? GUC_ACTION_SET : GUC_ACTION_SAVE, true, 0, false);
  }
  return nest_level;
}

void restore_settings(int nest_level) {
  if (nest_level != no_nest_level) AtEOXact_GUC(false, nest_level);
}

}  // namespace waljet
