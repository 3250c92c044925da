/// yaml: YAML in which every key and value knows its line and column.
///
/// Built on yaml-cpp's event interface (its Node interface hides duplicate keys). Accepts the JSON-like core of YAML:
/// one document, maps with text keys, lists, scalars, `<<` not interpreted. Refuses, with a position: duplicate keys,
/// tabs as indentation, anchors that expand without bound (alias bombs), custom tags, more than `max_nodes` nodes.
#pragma once

#include "json/json.hpp"

namespace holdfast::yaml {

struct Node;
struct Member;

/// One value. `null` is what is written as nothing, `~` or `null`.
struct Node {
    enum class Kind { null, scalar, list, map };
    Kind kind = Kind::null;
    std::string text;             ///< scalar: as written, quotes removed
    bool quoted = false;          ///< scalar: was quoted, so `"8"` is text and never a number
    std::vector<Node> items;      ///< list
    std::vector<Member> members;  ///< map, in the order of the file
    base::SourcePos where;

    Node const* find(std::string_view key) const;
};
struct Member {
    std::string key;
    base::SourcePos key_where;
    Node value;
};

struct Limits {
    std::size_t max_bytes = 4u << 20;
    std::size_t max_nodes = 100'000;
    std::size_t max_depth = 64;
};

/// `file` names the source in positions. Collects every mistake it can.
base::Collected<Node> parse(std::string_view text, std::string file, Limits = {});

/// Core-schema reading: unquoted true/false, whole numbers, decimals become JSON's; the rest is text.
json::Value to_json(Node const&);

/// The line of source a position names, for the caret display; empty when out of range.
std::string_view source_line(std::string_view text, int line);

}  // namespace holdfast::yaml
