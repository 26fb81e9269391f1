#include "event/uuid5.h"

#include "event/sha1.h"
#include "event/text.h"

namespace waljet {
namespace {

// 6ba7b811-9dad-11d1-80b4-00c04fd430c8
constexpr std::string_view url_namespace{
    "\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", uuid_bytes};

}  // namespace

void put_uuid_v5(Sink& sink, std::string_view name) {
  Sha1 sha1;
  sha1.update(url_namespace);  // less than a block: no work that could be done beforehand
  sha1.update(name);
  Sha1::Digest digest = sha1.finish();
  digest[6] = static_cast<uint8_t>((digest[6] & 0x0F) | 0x50);  // version 5
  digest[8] = static_cast<uint8_t>((digest[8] & 0x3F) | 0x80);  // variant of RFC 4122
  put_uuid(sink, digest.data());
}

}  // namespace waljet
