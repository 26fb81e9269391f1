#include "streamer/nats_client.h"

#include <fmt/core.h>

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "streamer/nkey.h"
#include "streamer/text_file.h"

namespace waljet {

// ---- errors ----

std::string describe(natsStatus status) {
  natsStatus last = NATS_OK;
  const char* detail = nats_GetLastError(&last);
  if (detail != nullptr && last == status && *detail != '\0') {
    return fmt::format("{} ({})", natsStatus_GetText(status), detail);
  }
  return natsStatus_GetText(status);
}

namespace {

ErrorClass class_of(natsStatus status, std::string_view detail) {
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED: return ErrorClass::refused;
    // A handshake that is cut off may go well the next time, a certificate will not.
    case NATS_SSL_ERROR:
      return detail.find("certificate") != std::string_view::npos ||
                     detail.find("mismatch") != std::string_view::npos
                 ? ErrorClass::refused
                 : ErrorClass::retry;
    case NATS_INVALID_ARG:
    case NATS_ADDRESS_MISSING: return ErrorClass::configuration;
    default: return ErrorClass::retry;  // a protocol error too: a server that ends in a handshake
  }
}

}  // namespace

Error lost(natsStatus status) {
  return {ErrorClass::retry,
          fmt::format("the connection to NATS failed: {}", describe(status)),
          {},
          {}};
}

Error connect_error(const NatsAccess& access, natsStatus status) {
  const std::string where = url_without_secrets(access.url);
  const std::string what = describe(status);
  const ErrorClass error_class = class_of(status, what);
  const char* advice = "is nats-server running, and reachable from here?";
  if (error_class == ErrorClass::configuration) advice = "a URL reads nats://host:4222";
  if (error_class == ErrorClass::refused) {
    advice = "check the user, password or token in the NATS URL, or sink.auth and sink.tls";
  }
  return {error_class,
          fmt::format("cannot connect to NATS at {}: {}: {}", where, what, advice),
          {},
          {}};
}

std::string closed_text(natsConnection* connection) {
  const char* detail = nullptr;
  natsConnection_GetLastError(connection, &detail);
  std::string why = "NATS closed the connection";
  if (detail != nullptr && *detail != '\0') why += fmt::format(": {}", detail);
  return why;
}

Error no_answer(const std::string& subject) {
  return {ErrorClass::retry, fmt::format("NATS did not answer {} for 5 s", subject), {}, {}};
}

// ---- callbacks, on nats.c's threads ----

namespace {

// Who is called for which epoch.
class ListenerTable {
 public:
  void remember(uint64_t epoch, LinkListener& listener) {
    const std::lock_guard lock(mutex_);
    listeners_[epoch] = &listener;
  }
  void forget(uint64_t epoch) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(epoch);
  }
  template <typename Call>
  void call(uint64_t epoch, const Call& call) {
    const std::lock_guard lock(mutex_);
    const auto found = listeners_.find(epoch);
    if (found != listeners_.end()) call(*found->second);
  }

 private:
  std::mutex mutex_;
  std::map<uint64_t, LinkListener*> listeners_;
};

ListenerTable& listener_table() {
  static ListenerTable table;
  return table;
}

// A number instead of an address: late callbacks find nothing instead of freed memory.
void* closure_of(uint64_t epoch) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<void*>(static_cast<uintptr_t>(epoch));
}

uint64_t epoch_of(void* closure) {
  return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(closure));
}

void on_closed(natsConnection* connection, void* closure) {
  std::string why = closed_text(connection);
  const uint64_t epoch = epoch_of(closure);
  listener_table().call(
      epoch, [&](LinkListener& listener) { listener.on_link_lost(epoch, std::move(why)); });
}

// Errors that do not end the connection: a permission violation, a slow consumer. The publishes
// concerned get no answer, so the link is given up.
void on_error(natsConnection* connection, natsSubscription*, natsStatus status, void* closure) {
  const char* detail = nullptr;
  natsConnection_GetLastError(connection, &detail);
  std::string why = fmt::format(
      "NATS: {}", detail != nullptr && *detail != '\0' ? detail : natsStatus_GetText(status));
  const uint64_t epoch = epoch_of(closure);
  listener_table().call(
      epoch, [&](LinkListener& listener) { listener.on_link_lost(epoch, std::move(why)); });
}

}  // namespace

void remember_listener(uint64_t epoch, LinkListener& listener) {
  listener_table().remember(epoch, listener);
}

void forget_listener(uint64_t epoch) {
  listener_table().forget(epoch);
}

// ---- connecting ----

namespace {

constexpr int64_t connect_timeout_ms = 3'000;
constexpr int64_t write_deadline_ms = 5'000;  // a peer that takes nothing for so long is gone

natsStatus set_servers(natsOptions* options, const std::string& urls) {
  const std::vector<std::string> servers = servers_of(urls);
  if (servers.empty()) return NATS_ADDRESS_MISSING;
  std::vector<const char*> pointers;
  pointers.reserve(servers.size());
  for (const std::string& server : servers) pointers.push_back(server.c_str());
  return natsOptions_SetServers(options, pointers.data(), static_cast<int>(pointers.size()));
}

natsStatus set_nkey(natsOptions* options, const std::string& file) {
  constexpr size_t file_bytes_max = 4096;
  const auto text = read_text_file(file, file_bytes_max);
  const auto key = text ? public_nkey(find_seed(*text)) : public_nkey("");
  if (!key) return NATS_CONNECTION_AUTH_FAILED;
  return natsOptions_SetNKeyFromSeed(options, key->c_str(), file.c_str());
}

natsStatus set_login(natsOptions* options, const NatsAccess& access) {
  if (!access.user.empty()) {
    return natsOptions_SetUserInfo(options, access.user.c_str(), access.password.c_str());
  }
  if (!access.token.empty()) return natsOptions_SetToken(options, access.token.c_str());
  if (!access.nkey_file.empty()) return set_nkey(options, access.nkey_file);
  if (access.creds_file.empty()) return NATS_OK;
  return natsOptions_SetUserCredentialsFromFiles(options, access.creds_file.c_str(), nullptr);
}

natsStatus set_tls(natsOptions* options, const NatsAccess& access) {
  const bool wanted = !access.ca_file.empty() || !access.cert_file.empty() ||
                      access.url.find("tls://") != std::string::npos;
  if (!wanted) return NATS_OK;  // unless the server asks for it
  natsStatus status = natsOptions_SetSecure(options, true);
  if (status == NATS_OK && !access.ca_file.empty()) {
    status = natsOptions_LoadCATrustedCertificates(options, access.ca_file.c_str());
  }
  if (status == NATS_OK && !access.cert_file.empty()) {
    status = natsOptions_LoadCertificatesChain(options, access.cert_file.c_str(),
                                               access.key_file.c_str());
  }
  return status;
}

natsStatus set_options(natsOptions* options, const NatsAccess& access) {
  natsStatus status = set_servers(options, access.url);
  if (status == NATS_OK) status = set_login(options, access);
  if (status == NATS_OK) status = set_tls(options, access);
  if (status == NATS_OK) status = natsOptions_SetName(options, "waljet");
  if (status == NATS_OK) status = natsOptions_SetAllowReconnect(options, false);
  if (status == NATS_OK) status = natsOptions_SetReconnectBufSize(options, 0);
  if (status == NATS_OK) status = natsOptions_SetTimeout(options, connect_timeout_ms);
  if (status == NATS_OK) status = natsOptions_SetWriteDeadline(options, write_deadline_ms);
  if (status == NATS_OK) status = natsOptions_SetPingInterval(options, ping_interval_ms);
  return status;
}

}  // namespace

natsStatus open_connection(const NatsAccess& access, uint64_t epoch, const SetMore& set_more,
                           ConnectionPtr& opened) {
  natsOptions* options = nullptr;
  natsStatus status = natsOptions_Create(&options);
  if (status != NATS_OK) return status;
  const OptionsPtr owned(options);
  status = set_options(options, access);
  if (status == NATS_OK) status = set_more(options);
  if (status == NATS_OK) status = natsOptions_SetClosedCB(options, on_closed, closure_of(epoch));
  if (status == NATS_OK) status = natsOptions_SetErrorHandler(options, on_error, closure_of(epoch));
  natsConnection* connection = nullptr;
  if (status == NATS_OK) status = natsConnection_Connect(&connection, options);
  opened.reset(connection);
  return status;
}

// ---- messages ----

natsStatus make_message(const Message& message, const char* reply_subject, MessagePtr& made) {
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, message.subject, reply_subject, message.body.data(),
                                     static_cast<int>(message.body.size()));
  made.reset(raw);
  for (const Header& header : message.headers) {
    if (status == NATS_OK) status = natsMsgHeader_Set(raw, header.name, header.value);
  }
  return status;
}

std::string_view body_of(const natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))};
}

Result<ApiReply> reply_of(natsStatus status, const natsMsg* answer, const std::string& subject) {
  if (status == NATS_NO_RESPONDERS) return ApiReply{true, {}};
  if (status == NATS_TIMEOUT) return no_answer(subject);
  if (status != NATS_OK) return lost(status);
  return ApiReply{false, std::string(body_of(answer))};
}

}  // namespace waljet
