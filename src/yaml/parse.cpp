/// From yaml-cpp's events to Nodes that know their place.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_set>

#include "source.hpp"

namespace holdfast::yaml {

using base::Error;
using base::ErrorCode;
using base::SourcePos;

Node const* Node::find(std::string_view key) const {
    auto const found = std::ranges::find(members, key, &Member::key);
    return found == members.end() ? nullptr : &found->value;
}

namespace {

/// Ends parsing at once: what follows cannot be understood or would cost too much.
struct Stop {
    Error error;
};

Error mistake(SourcePos where, std::string what, std::string fix) {
    return Error{.code = ErrorCode::syntax,
                 .where = std::move(where),
                 .what = std::move(what),
                 .fix = std::move(fix),
                 .because = {},
                 .azure = {}};
}

struct Size {
    std::size_t nodes = 0, bytes = 0;
};
Size size_of(Node const& node) {
    Size sum{1, node.text.size()};
    auto const add = [&sum](Node const& part, std::size_t key) {
        auto const size = size_of(part);
        sum.nodes += size.nodes;
        sum.bytes += size.bytes + key;
    };
    for (auto const& item : node.items) add(item, 0);
    for (auto const& member : node.members) add(member.value, member.key.size());
    return sum;
}

class Builder : public YAML::EventHandler {
public:
    Builder(Source const& source, Limits const& limits) : source_(source), limits_(limits) {}

    Node root;
    std::vector<Error> mistakes;

    void OnDocumentStart(YAML::Mark const& mark) override {
        if (++documents_ > 1)
            throw Stop{mistake(position(mark), "the file holds more than one document",
                               "keep one document a file; overlays are files of their own")};
    }
    void OnDocumentEnd() override {}
    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        Node node;
        node.where = position(mark);
        // The parser puts a missing value where the next thing begins; people look at the key.
        if (!open_.empty() && open_.back().key && open_.back().key_where.line != node.where.line)
            node.where = open_.back().key_where;
        finish(std::move(node), anchor);
    }
    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        auto const found = anchors_.find(anchor);
        if (found == anchors_.end())
            throw Stop{mistake(position(mark), "this alias refers to what encloses it", "write the value out")};
        auto const size = size_of(found->second);
        count(size, position(mark));
        Node copy = found->second;
        copy.where = position(mark);
        add(std::move(copy));
    }
    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override {
        auto where = position(mark);
        auto const offset = source_.offset(where.line, where.column);
        auto const reach = extent(source_, offset, value);
        where.length = static_cast<int>(std::max<std::size_t>(reach.length, 1));
        if (!reach.closed) throw Stop{mistake(where, "the quote opened here is never closed", "close it")};
        Node node;
        node.kind = Node::Kind::scalar;
        node.quoted = check_tag(where, tag);
        node.text = value;
        node.where = where;
        if (!node.quoted && (value == "~" || value == "null" || value == "Null" || value == "NULL")) {
            node.kind = Node::Kind::null;
            node.text.clear();
        }
        finish(std::move(node), anchor);
    }
    void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(Node::Kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        begin(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { end(); }

private:
    struct Open {
        Node node;
        YAML::anchor_t anchor = 0;
        std::optional<std::string> key;  ///< of a map: read, its value still to come
        SourcePos key_where;
        bool dropped = false;  ///< the key is a mistake that was told: its value goes nowhere
        std::unordered_set<std::string> seen;
    };

    SourcePos position(YAML::Mark const& mark) const { return source_.at(mark.line + 1, mark.column + 1); }

    /// Whether the tag makes a scalar text.
    bool check_tag(SourcePos const& where, std::string const& tag) {
        if (tag == "!" || tag == "tag:yaml.org,2002:str") return true;
        if (!tag.empty() && tag != "?")
            mistakes.push_back(mistake(where, fmt::format("tags such as {} are not understood", base::printable(tag)),
                                       "leave the tag out"));
        return false;
    }
    void count(Size size, SourcePos const& where) {
        nodes_ += size.nodes;
        bytes_ += size.bytes;
        if (nodes_ > limits_.max_nodes)
            throw Stop{mistake(where, fmt::format("the file has more than {} values", limits_.max_nodes),
                               "a spec is short; look for aliases that multiply")};
        if (bytes_ > limits_.max_bytes)
            throw Stop{mistake(where, fmt::format("the file expands to more than {} bytes", limits_.max_bytes),
                               "a spec is short; look for aliases that multiply")};
    }
    void begin(Node::Kind kind, YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor) {
        auto const where = position(mark);
        count({1, 0}, where);
        if (open_.size() >= limits_.max_depth)
            throw Stop{mistake(where, fmt::format("values are nested more than {} deep", limits_.max_depth),
                               "write it flatter")};
        check_tag(where, tag);
        Open open;
        open.node.kind = kind;
        open.node.where = where;
        open.anchor = anchor;
        open_.push_back(std::move(open));
    }
    void end() {
        Open done = std::move(open_.back());
        open_.pop_back();
        if (done.anchor != 0) anchors_[done.anchor] = done.node;
        add(std::move(done.node));
    }
    void finish(Node node, YAML::anchor_t anchor) {
        count({1, node.text.size()}, node.where);
        if (anchor != 0) anchors_[anchor] = node;
        add(std::move(node));
    }
    void add(Node node) {
        if (open_.empty()) {
            root = std::move(node);
            return;
        }
        auto& parent = open_.back();
        if (parent.node.kind == Node::Kind::list) {
            parent.node.items.push_back(std::move(node));
        } else if (!parent.key) {
            bool const text = node.kind == Node::Kind::scalar;
            if (!text) mistakes.push_back(mistake(node.where, "a key must be text", "write `key: value`"));
            parent.key = text ? std::move(node.text) : std::string();
            parent.key_where = node.where;
            bool const again = text && !parent.seen.insert(*parent.key).second;
            if (again) repeated(parent);
            parent.dropped = !text || again;
        } else {
            if (!parent.dropped)
                parent.node.members.push_back({std::move(*parent.key), parent.key_where, std::move(node)});
            parent.key.reset();
        }
    }
    void repeated(Open const& parent) {
        int line = 0;
        for (auto const& member : parent.node.members)
            if (member.key == *parent.key) line = member.key_where.line;
        mistakes.push_back(mistake(
            parent.key_where, fmt::format("'{}' is said twice, first in line {}", base::printable(*parent.key), line),
            "keep one of them"));
    }

    Source const& source_;
    Limits const& limits_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Node> anchors_;
    std::size_t nodes_ = 0, bytes_ = 0;
    int documents_ = 0;
};

/// The parser's complaints in the words of people who write YAML.
struct Complaint {
    std::string_view theirs, what, fix;
};
constexpr Complaint kComplaints[] = {
    {"illegal map value", "a ': ' stands where no key can be",
     "indent keys of one map alike, and put a value that holds ': ' in quotes"},
    {"illegal map key", "a key stands where none can be", "indent keys of one map alike"},
    {"illegal block entry", "a '- ' stands where no list can begin", "begin a list on a line of its own"},
    {"end of map not found", "this line does not belong to the map above it",
     "indent it like the keys above; lines of one map are `key: value`"},
    {"end of sequence not found", "this line does not belong to the list above it", "indent it like the '-' above"},
    {"end of map flow not found", "a map opened with '{' is not closed", "close it with '}'"},
    {"end of sequence flow not found", "a list opened with '[' is not closed", "close it with ']'"},
    {"illegal flow end", "this bracket closes nothing", "remove it"},
    {"the referenced anchor is not defined", "this alias refers to no anchor",
     "define it with & above, or write it out"},
    {"unknown token", "a value cannot begin with this character", "put the value in quotes"},
    {"unknown escape character", "this escape does not exist", "write \\\\ for a backslash, or use single quotes"},
    {"illegal tab when looking for indentation", "the line is indented with a tab", "indent with spaces"},
    {"illegal document indicator in scalar", "a quoted text is not closed before the document ends", "close the quote"},
    {"illegal EOF in scalar", "a quoted text is not closed", "close the quote"},
};

Error translated(YAML::Exception const& error, Source const& source) {
    auto const where = error.mark.is_null() ? source.at(1, 1) : source.at(error.mark.line + 1, error.mark.column + 1);
    for (auto const& row : kComplaints)
        if (error.msg.starts_with(row.theirs)) return mistake(where, std::string(row.what), std::string(row.fix));
    return mistake(where, "the YAML cannot be read: " + base::printable(error.msg), "compare with the examples");
}

}  // namespace

base::Collected<Node> parse(std::string_view text, std::string file, Limits limits) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    Source const source(text, file);
    auto const refuse = [](Error error) { return tl::unexpected(std::vector<Error>{std::move(error)}); };
    if (text.size() > limits.max_bytes)
        return refuse(mistake(source.at(0, 0), fmt::format("the file is larger than {} bytes", limits.max_bytes),
                              "a spec is short; is this the right file?"));
    if (auto bad = bad_bytes(source)) return refuse(std::move(*bad));
    if (auto tab = tab_indentation(source)) return refuse(std::move(*tab));

    Builder builder(source, limits);
    builder.root.where = source.at(1, 1);
    std::istringstream stream{std::string(text)};
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (Stop& stop) {
        builder.mistakes.push_back(std::move(stop.error));
    } catch (YAML::Exception const& error) {
        builder.mistakes.push_back(translated(error, source));
    }
    if (builder.mistakes.empty()) return std::move(builder.root);
    return tl::unexpected(std::move(builder.mistakes));
}

namespace {

bool is_whole(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return !text.empty() && text.size() <= 18 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
bool is_decimal(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    auto const point = text.find('.');
    if (point == std::string_view::npos || point == 0 || point + 1 == text.size()) return false;
    return is_whole(text.substr(0, point)) && is_whole(text.substr(point + 1)) && text[point + 1] != '-' &&
           text[point + 1] != '+' && text.find('.', point + 1) == std::string_view::npos;
}

}  // namespace

json::Value to_json(Node const& node) {
    switch (node.kind) {
        case Node::Kind::null:
            return nullptr;
        case Node::Kind::list: {
            json::Array list;
            for (auto const& item : node.items) list.push_back(to_json(item));
            return list;
        }
        case Node::Kind::map: {
            json::Object object;
            for (auto const& member : node.members) object[member.key] = to_json(member.value);
            return object;
        }
        case Node::Kind::scalar:
            break;
    }
    auto const& text = node.text;
    if (!node.quoted) {
        if (text == "true" || text == "True" || text == "TRUE") return true;
        if (text == "false" || text == "False" || text == "FALSE") return false;
        if (is_whole(text)) return static_cast<std::int64_t>(std::stoll(text));
        if (is_decimal(text)) return std::stod(text);
    }
    return json::Value(text);
}

}  // namespace holdfast::yaml
