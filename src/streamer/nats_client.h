// What the files that use nats.c share: owners of its objects, connecting, errors. No other header
// includes nats.h, and only jetstream_*.cpp and nats_client.cpp include this one.
#pragma once

#include <nats/nats.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "streamer/errors.h"
#include "streamer/jetstream.h"
#include "streamer/nats_access.h"

namespace waljet {

constexpr int64_t request_timeout_ms = 5'000;
constexpr int64_t ping_interval_ms = 5'000;

template <typename T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* object) const { destroy(object); }
};
using OptionsPtr = std::unique_ptr<natsOptions, Destroy<natsOptions, natsOptions_Destroy>>;
using ConnectionPtr =
    std::unique_ptr<natsConnection, Destroy<natsConnection, natsConnection_Destroy>>;
using SubscriptionPtr =
    std::unique_ptr<natsSubscription, Destroy<natsSubscription, natsSubscription_Destroy>>;
using MessagePtr = std::unique_ptr<natsMsg, Destroy<natsMsg, natsMsg_Destroy>>;
using JetStreamPtr = std::unique_ptr<jsCtx, Destroy<jsCtx, jsCtx_Destroy>>;

// nats.c may still call after a connection is destroyed, so its callbacks get the number of a link
// instead of a pointer: once forget_listener() returns, the listener is not called.
void remember_listener(uint64_t epoch, LinkListener& listener);
void forget_listener(uint64_t epoch);

// Connects once, and never reconnects; a few seconds at most. `set_more` may add options. What
// ends the connection is told to the listener of `epoch`, if there is one.
using SetMore = std::function<natsStatus(natsOptions*)>;
natsStatus open_connection(const NatsAccess& access, uint64_t epoch, const SetMore& set_more,
                           ConnectionPtr& opened);

// ---- errors ----

std::string describe(natsStatus status);
std::string closed_text(natsConnection* connection);
Error connect_error(const NatsAccess& access, natsStatus status);
Error lost(natsStatus status);
Error no_answer(const std::string& subject);

// ---- messages ----

// `reply_subject` may be null.
natsStatus make_message(const Message& message, const char* reply_subject, MessagePtr& made);
// Valid as long as the message.
std::string_view body_of(const natsMsg* message);
// What a request was answered, or why it was not; `answer` counts where the status is NATS_OK.
Result<ApiReply> reply_of(natsStatus status, const natsMsg* answer, const std::string& subject);

}  // namespace waljet
