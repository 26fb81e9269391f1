#include "plugin/hash_salt.h"

#include "plugin/compat.h"

namespace waljet {
namespace {

char* setting = nullptr;

}  // namespace

void define_hash_salt() {
  DefineCustomStringVariable("waljet.hash_salt", "What goes in front of values that rules hash.",
                             "Whoever knows it can try values until a hash fits.", &setting, "",
                             PGC_SUSET, GUC_SUPERUSER_ONLY | GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE,
                             nullptr, nullptr, nullptr);
  reserve_settings();
}

std::string_view hash_salt() {
  return setting != nullptr ? setting : "";
}

}  // namespace waljet
