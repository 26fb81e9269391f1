// How NATS is reached, and who we are there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace waljet {

constexpr std::string_view default_nats_url = "nats://127.0.0.1:4222";

// Empty: not set. At most one way of logging in is: user and password, token, nkey, credentials, or
// what the URLs hold.
struct NatsAccess {
  std::string url{default_nats_url};  // or several, separated by commas
  std::string user;
  std::string password;
  std::string token;
  std::string nkey_file;   // seed of a user; read at each connection, as the files below are
  std::string creds_file;  // JWT and seed

  // Where one of these is set, or a URL begins with tls://, the connection is encrypted.
  std::string ca_file;  // instead of the system's
  std::string cert_file;
  std::string key_file;
};

// The servers of a list separated by commas. One of them alone is as good as a list.
std::vector<std::string> servers_of(std::string_view urls);

// A NATS URL as it may be shown: without user and password.
std::string url_without_secrets(std::string_view url);

}  // namespace waljet
