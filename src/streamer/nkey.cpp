#include "streamer/nkey.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace waljet {
namespace {

// A seed is base32 of two prefix bytes, 32 bytes of key and a checksum; a public key has one byte
// of prefix. The prefixes make the first letters: S and U, or U.
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr size_t key_bytes = 32;
constexpr size_t checksum_bytes = 2;
constexpr size_t seed_letters = 58;
constexpr std::string_view seed_beginning = "SU";
constexpr uint8_t public_user_prefix = 20 << 3;

using Bytes = std::vector<uint8_t>;

std::optional<Bytes> decode_base32(std::string_view text) {
  Bytes bytes;
  unsigned bits = 0;
  uint32_t pending = 0;
  for (const char c : text) {
    const size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    pending = pending << 5 | static_cast<uint32_t>(digit);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<uint8_t>(pending >> bits));
  }
  return bytes;
}

std::string encode_base32(const Bytes& bytes) {
  std::string text;
  unsigned bits = 0;
  uint32_t pending = 0;
  for (const uint8_t byte : bytes) {
    pending = pending << 8 | byte;
    for (bits += 8; bits >= 5;) {
      bits -= 5;
      text += alphabet[pending >> bits & 0x1F];
    }
  }
  if (bits > 0) text += alphabet[pending << (5 - bits) & 0x1F];
  return text;
}

// CRC-16/XMODEM.
uint16_t checksum(const Bytes& bytes, size_t count) {
  unsigned crc = 0;
  for (size_t i = 0; i < count; ++i) {
    crc ^= static_cast<unsigned>(bytes[i]) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
  }
  return static_cast<uint16_t>(crc);
}

std::optional<std::array<uint8_t, key_bytes>> derive(const uint8_t* private_key) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, private_key, key_bytes),
      EVP_PKEY_free);
  std::array<uint8_t, key_bytes> public_key{};
  size_t bytes = public_key.size();
  const bool derived = key != nullptr &&
                       EVP_PKEY_get_raw_public_key(key.get(), public_key.data(), &bytes) == 1 &&
                       bytes == public_key.size();
  if (!derived) return std::nullopt;
  return public_key;
}

}  // namespace

Result<std::string> public_nkey(std::string_view seed) {
  const Error no_seed{ErrorClass::configuration, "is not the nkey seed of a user, SU…", {}, {}};
  const auto bytes = decode_base32(seed);
  const size_t content = 2 + key_bytes;
  const bool fits = seed.size() == seed_letters && seed.starts_with(seed_beginning) && bytes &&
                    bytes->size() == content + checksum_bytes;
  if (!fits) return no_seed;
  const unsigned told =
      static_cast<unsigned>((*bytes)[content]) | static_cast<unsigned>((*bytes)[content + 1]) << 8;
  if (told != checksum(*bytes, content)) return no_seed;
  const auto public_key = derive(bytes->data() + 2);
  if (!public_key) return no_seed;
  Bytes encoded{public_user_prefix};
  encoded.insert(encoded.end(), public_key->begin(), public_key->end());
  const unsigned crc = checksum(encoded, encoded.size());
  encoded.push_back(static_cast<uint8_t>(crc & 0xFF));
  encoded.push_back(static_cast<uint8_t>(crc >> 8));
  return encode_base32(encoded);
}

std::string_view find_seed(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.size() == seed_letters && line.starts_with(seed_beginning)) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

}  // namespace waljet
