/// json: read fast, build plainly, compare.
///
/// One value type upstairs: `json::Value` (Boost.JSON). Objects keep insertion order; what is written for people or
/// compared byte for byte goes through `write`, which sorts keys. Parsing bounds depth and size, because servers are
/// hostile. Secrets have no way in: `base::Secret` does not convert.
#pragma once

#include <boost/json.hpp>

#include "base/base.hpp"

namespace holdfast::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;
using boost::json::object_kind_t;

/// What a function returns lives in this argument: clang warns where the argument dies first.
#ifdef __clang__
#define HOLDFAST_BORROWED [[clang::lifetimebound]]
#else
#define HOLDFAST_BORROWED
#endif

struct ParseLimits {
    std::size_t max_bytes = 64u << 20;
    std::size_t max_depth = 64;
};
/// Strict RFC 8259, a leading BOM allowed (Azure sends one sometimes). Errors carry line and column.
base::Result<Value> parse(std::string_view text, ParseLimits = {});
/// Keys sorted, no spaces: two equal values give the same bytes.
std::string write(Value const&);
/// Keys sorted, two spaces, a line a member; ends with a newline.
std::string pretty(Value const&);

/// A property path as Azure's documentation writes it: `properties.networkProfile.podCidr`.
/// A segment with a dot, bracket or quote in it is written `['Microsoft.X/y']`; a list element `[3]`.
class Path {
public:
    using Segment = std::variant<std::string, std::size_t>;
    Path() = default;
    Path(std::string_view text);  // NOLINT(google-explicit-constructor): paths are written as text everywhere. Asserts.
    Path(char const* text) : Path(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
    static base::Result<Path> parse(std::string_view text);
    std::vector<Segment> const& segments() const { return segments_; }
    bool empty() const { return segments_.empty(); }
    Path child(std::string key) const;
    Path child(std::size_t index) const;
    Path parent() const;
    std::string text() const;
    friend auto operator<=>(Path const&, Path const&) = default;

private:
    std::vector<Segment> segments_;
};

/// Where to look: a Path, or the text of one, which is followed as it is read. Borrows either.
class Place {
public:
    Place(Path const& path) : path_(&path) {}          // NOLINT(google-explicit-constructor): as Path's
    Place(std::string_view text) : text_(text) {}      // NOLINT(google-explicit-constructor)
    Place(std::string const& text) : text_(text) {}    // NOLINT(google-explicit-constructor)
    Place(char const* text) : text_(text) {}           // NOLINT(google-explicit-constructor)
    Value const* in(Value const& root HOLDFAST_BORROWED) const;

private:
    Path const* path_ = nullptr;
    std::string_view text_;
};

/// What stands there, or null pointer. Keys are compared exactly, then without case (ARM ignores it).
Value const* find(Value const& root HOLDFAST_BORROWED, Place);
Value* find(Value& root HOLDFAST_BORROWED, Place);
/// Puts a value at the path, making objects on the way (and list elements at the end of a list).
void put(Value& root, Path const& path, Value value);
/// Removes what stands at the path; whether there was something.
bool erase(Value& root, Path const& path);
/// RFC 7396: members laid over; null removes.
void merge(Value& into, Value const& patch);

/// Text, number or truth at a place, where it is one.
std::optional<std::string_view> text_at(Value const& root HOLDFAST_BORROWED, Place);
std::optional<std::int64_t> whole_at(Value const& root, Place);
std::optional<bool> truth_at(Value const& root, Place);
/// The list or object at a place, or an empty one.
Array const& list_at(Value const& root HOLDFAST_BORROWED, Place);
Object const& object_at(Value const& root HOLDFAST_BORROWED, Place);

struct Difference {
    Path at;
    std::optional<Value> before, after;  ///< nullopt: absent
};
/// Leaf by leaf, in sorted order of path. Objects are entered; lists are compared whole.
std::vector<Difference> differences(Value const& before, Value const& after);

/// Calls `visit(path, leaf)` for every scalar, in document order.
template <typename F>
void each_leaf(Value const& root, F&& visit, Path const& at = {}) {
    if (auto const* object = root.if_object()) {
        for (auto const& member : *object) each_leaf(member.value(), visit, at.child(std::string(member.key())));
    } else if (auto const* array = root.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) each_leaf((*array)[i], visit, at.child(i));
    } else {
        visit(at, root);
    }
}

}  // namespace holdfast::json
