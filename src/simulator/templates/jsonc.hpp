/// jsonc: the JSON that template files and az's deployment bodies are written in, made strict.
#pragma once

#include "json/json.hpp"

namespace holdfast::simulator::templates {

/// Comments, trailing commas, unquoted member names and line breaks inside strings are taken; everything else must be
/// JSON. Bounded like json::parse; an error names line and column of the text as it was sent.
base::Result<json::Value> parse_jsonc(std::string_view text, json::ParseLimits = {});

}  // namespace holdfast::simulator::templates
