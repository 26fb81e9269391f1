// A publish as NATS's protocol has it. Pure.
//
//     HPUB <subject> <reply> <bytes of the headers> <bytes in all>\r\n
//     NATS/1.0\r\n
//     <name>: <value>\r\n        for each header
//     \r\n
//     <body>\r\n
//
// nats.c writes the same, but by way of a message that it allocates in a dozen pieces, copies the
// body into, and has freed by another thread, which took a third of the streamer's time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "event/sink.h"
#include "streamer/jetstream.h"

namespace waljet {

// As they count against the server's limits.
size_t encoded_bytes(std::span<const Header> headers);

// A line break in a value becomes a space, as in nats.c.
void put_publish(Sink& out, const Message& message, std::string_view reply);

}  // namespace waljet
