#include "plugin/jsonb_text.h"

#include "event/numeric.h"
#include "plugin/compat.h"
#include "plugin/value.h"

namespace waljet {
namespace {

// Walks a value without recursion: how deep it is nested is up to whoever stored it.
class JsonbWriter {
 public:
  JsonbWriter(const ValueTarget& target, Escaping escaping)
      : target_(target), escaping_(escaping) {}

  bool put(const JsonbContainer* root) {
    Level level = level_of(root);
    if (JsonContainerIsScalar(root)) return put_scalar(take_value(level));
    return put_from(level);
  }

 private:
  static constexpr int depth_max = 64;

  // An array or object in the middle of being written. The data of an object's keys lies in front
  // of that of its values.
  struct Level {
    const JEntry* entries;
    const char* data;
    uint32 count;
    uint32 next;
    uint32 key_offset;
    uint32 value_offset;
    bool object;
  };

  // One key, element or value: its bytes, the padding in front included.
  struct Piece {
    JEntry entry;
    const char* data;
    uint32 begin;
    uint32 end;

    const char* aligned() const { return data + INTALIGN(begin); }
  };

  static Level level_of(const JsonbContainer* container) {
    const uint32 count = JsonContainerSize(container);
    const bool object = JsonContainerIsObject(container);
    const JEntry* entries = container->children;
    const uint32 entry_count = object ? count * 2 : count;
    return {.entries = entries,
            .data = reinterpret_cast<const char*>(entries + entry_count),
            .count = count,
            .next = 0,
            .key_offset = 0,
            .value_offset = object ? getJsonbOffset(container, static_cast<int>(count)) : 0,
            .object = object};
  }

  // An entry holds its length or, now and then, where it ends.
  static Piece take(const Level& level, uint32 index, uint32& offset) {
    const JEntry entry = level.entries[index];
    const uint32 begin = offset;
    JBE_ADVANCE_OFFSET(offset, entry);
    return {entry, level.data, begin, offset};
  }
  static Piece take_key(Level& level) { return take(level, level.next, level.key_offset); }
  static Piece take_value(Level& level) {
    const uint32 index = level.object ? level.count + level.next : level.next;
    ++level.next;
    return take(level, index, level.value_offset);
  }

  // Everything from the beginning of a level to its end. The levels round the one in hand wait in
  // outer_; that one is a local, so that it can stay in registers.
  bool put_from(Level level) {
    put_open(level);
    for (;;) {
      if (level.next == level.count) {
        put_close(level);
        if (depth_ == 0) return target_.has_room(0);
        level = outer_[--depth_];
        continue;
      }
      if (level.next > 0) target_.sink.put(", ");
      if (level.object) {
        if (!put_string(take_key(level))) return false;
        target_.sink.put(": ");
      }
      const Piece value = take_value(level);
      if (!JBE_ISCONTAINER(value.entry)) {
        if (!put_scalar(value)) return false;
        continue;
      }
      if (depth_ == depth_max) return false;
      outer_[depth_++] = level;
      level = level_of(reinterpret_cast<const JsonbContainer*>(value.aligned()));
      put_open(level);
    }
  }

  void put_open(const Level& level) { target_.sink.put(level.object ? '{' : '['); }
  void put_close(const Level& level) { target_.sink.put(level.object ? '}' : ']'); }

  bool put_scalar(const Piece& piece) {
    if (JBE_ISSTRING(piece.entry)) return put_string(piece);
    if (JBE_ISNUMERIC(piece.entry)) return put_number(piece);
    target_.sink.put(JBE_ISNULL(piece.entry)        ? "null"
                     : JBE_ISBOOL_TRUE(piece.entry) ? "true"
                                                    : "false");
    return target_.has_room(0);
  }

  bool put_string(const Piece& piece) {
    const size_t size = piece.end - piece.begin;
    if (!target_.has_room(quoted_bytes_max(size))) return false;
    put_quoted_text(target_.sink, {piece.data + piece.begin, size}, escaping_);
    return true;
  }

  bool put_number(const Piece& piece) {
    const auto* stored = reinterpret_cast<const struct varlena*>(piece.aligned());
    const auto number = StoredNumeric::read(bytes_of(stored));
    if (!number || !target_.has_room(number->bytes_max())) return false;
    number->put(target_.sink);
    return true;
  }

  const ValueTarget& target_;
  Escaping escaping_;
  int depth_ = 0;
  Level outer_[depth_max];
};

// The place of a container is a multiple of four bytes, which a value with a short header need not
// be at.
bool put_short(JsonbWriter& writer, const struct varlena* value) {
  alignas(JsonbContainer) char room[VARATT_SHORT_MAX];
  const std::string_view bytes = bytes_of(value);
  memcpy(room, bytes.data(), bytes.size());
  return writer.put(reinterpret_cast<const JsonbContainer*>(room));
}

}  // namespace

bool put_jsonb_text(const ValueTarget& target, Escaping escaping, Datum value) {
  struct varlena* detoasted = detoast_packed(value);
  JsonbWriter writer(target, escaping);
  const bool whole = VARATT_IS_SHORT(detoasted)
                         ? put_short(writer, detoasted)
                         : writer.put(reinterpret_cast<const JsonbContainer*>(VARDATA(detoasted)));
  free_if_copy(detoasted, value);
  return whole;
}

}  // namespace waljet
