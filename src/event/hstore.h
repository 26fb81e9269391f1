// hstore as a JSON object.
#pragma once

#include <string_view>

#include "event/json.h"
#include "event/sink.h"

namespace waljet {

// `text` is what hstore_out prints: `"k"=>"v", "k2"=>NULL`. Writes {"k":"v","k2":null}, in the same
// order. False, with nothing written, where `text` is not of that form. Writes no more than
// json_string_bytes_max() says for the text.
bool put_hstore(Sink& sink, std::string_view text, JsonText mode);

}  // namespace waljet
