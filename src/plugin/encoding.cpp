#include "plugin/encoding.h"

#include "event/utf8.h"
#include "plugin/compat.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr size_t piece_bytes = size_t{1} << 20;

// The function that converts, looked up at its first use: needs a transaction.
FmgrInfo* conversion() {
  static FmgrInfo info;
  static bool found = false;
  if (found) return &info;
  const Oid function = FindDefaultConversionProc(GetDatabaseEncoding(), PG_UTF8);
  if (!OidIsValid(function)) {
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_FUNCTION),
             errmsg("waljet cannot decode a database in encoding %s", GetDatabaseEncodingName()),
             errhint("There is no conversion from it to UTF8.")));
  }
  fmgr_info_cxt(function, &info, TopMemoryContext);
  found = true;
  return &info;
}

void put_converted(Sink& sink, std::string_view text) {
  char* room = static_cast<char*>(palloc(text.size() * MAX_CONVERSION_GROWTH + 1));
  while (!text.empty()) {
    const size_t done = convert_to_utf8(conversion(), text, room);
    sink.put(std::string_view(room));
    text.remove_prefix(done);
    if (text.empty()) break;
    sink.put(replacement);
    const int bytes = pg_encoding_mblen(GetDatabaseEncoding(), text.data());
    const auto character = static_cast<size_t>(bytes > 0 ? bytes : 1);
    text.remove_prefix(character < text.size() ? character : text.size());
  }
  pfree(room);
}

// Where a piece of SQL_ASCII may end: not inside what may be a character of UTF-8.
size_t before_torn_utf8(std::string_view text) {
  constexpr size_t longest = 4;
  for (size_t back = 1; back < longest; ++back) {
    const auto byte = static_cast<uint8_t>(text[piece_bytes - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return needed > back ? piece_bytes - back : piece_bytes;
  }
  return piece_bytes;
}

// How many bytes at the front are whole characters, about piece_bytes of more.
size_t whole_characters(std::string_view text) {
  if (GetDatabaseEncoding() == PG_SQL_ASCII) return before_torn_utf8(text);
  constexpr int most = static_cast<int>(piece_bytes);
  const int whole = pg_encoding_mbcliplen(GetDatabaseEncoding(), text.data(), most, most);
  return whole > 0 ? static_cast<size_t>(whole) : piece_bytes;
}

}  // namespace

void require_known_encoding() {
  const int encoding = GetDatabaseEncoding();
  if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) return;
  const bool own_transaction = !IsTransactionState();
  MemoryContext caller = CurrentMemoryContext;
  if (own_transaction) StartTransactionCommand();
  conversion();
  if (own_transaction) CommitTransactionCommand();
  MemoryContextSwitchTo(caller);
}

JsonText json_text() {
  return GetDatabaseEncoding() == PG_UTF8 ? JsonText::utf8 : JsonText::ascii;
}

std::string_view utf8_of(std::string_view text) {
  const int encoding = GetDatabaseEncoding();
  if (encoding == PG_UTF8 && valid_utf8_prefix(text) == text.size()) return text;
  Sink sink = make_sink(CurrentMemoryContext, text.size() * 2 + 1);
  if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) {
    put_utf8(sink, text);
  } else {
    put_converted(sink, text);
  }
  return sink.view();
}

std::string_view take_convertible(std::string_view& text) {
  size_t bytes = text.size();
  if (bytes > piece_bytes) bytes = whole_characters(text);
  const std::string_view taken{text.data(), bytes};
  text.remove_prefix(bytes);
  return taken;
}

}  // namespace waljet
