/// url: the little that the client must know about URLs. Addresses named by servers are hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::azure {

/// "https://host:443" in lower case, with the default port spelled; nothing for what is no plain http(s) URL: user
/// names, control characters, spaces, backslashes and bytes above ASCII are refused, since parsers disagree on them.
std::optional<std::string> origin_of(std::string_view url);
bool same_origin(std::string_view a, std::string_view b);
/// From the first '/' after the host up to query or fragment.
std::string_view path_of(std::string_view url);
/// A Location may be relative to the host that answered.
std::string absolute(std::string_view url, std::string_view base);
/// What is safe to show: nothing from the first '?' or '#' on, since queries carry signatures.
std::string_view without_query(std::string_view url);
/// The same for every URL inside a text.
std::string without_queries(std::string_view text);
/// An id's path ready for a request line: every byte that is not allowed in a path is percent-encoded.
std::string encoded_path(std::string_view path);
/// A path with its query, as written by us: only what may not stand in a request line is encoded, nothing twice.
std::string encoded_target(std::string_view target);

}  // namespace holdfast::azure
