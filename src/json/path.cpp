#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <set>

#include "json/json.hpp"

namespace holdfast::json {

namespace {

bool plain(std::string_view key) { return !key.empty() && key.find_first_of(".[]'") == std::string_view::npos; }

Value const* member(Object const& object, std::string_view key) {
    if (auto const* exact = object.if_contains(key)) return exact;
    for (auto const& candidate : object)
        if (base::same_text(candidate.key(), key)) return &candidate.value();
    return nullptr;
}

Value const* enter(Value const& value, std::string_view key) {
    auto const* object = value.if_object();
    return object ? member(*object, key) : nullptr;
}
Value const* step(Value const& value, Path::Segment const& segment) {
    if (auto const* key = std::get_if<std::string>(&segment)) return enter(value, *key);
    auto const* array = value.if_array();
    auto const index = std::get<std::size_t>(segment);
    return array && index < array->size() ? &(*array)[index] : nullptr;
}

}  // namespace

base::Result<Path> Path::parse(std::string_view text) {
    auto const refuse = [&] {
        return base::fail(base::ErrorCode::spec_value,
                          fmt::format("'{}' is not a property path", base::printable(text)),
                          "write names joined by dots, such as properties.networkProfile.podCidr");
    };
    Path path;
    std::size_t at = 0;
    bool first = true;
    while (at < text.size()) {
        if (text[at] == '[') {
            if (at + 1 < text.size() && text[at + 1] == '\'') {
                std::string key;
                std::size_t i = at + 2;
                for (;; ++i) {
                    if (i >= text.size()) return refuse();
                    if (text[i] != '\'') {
                        key += text[i];
                    } else if (i + 1 < text.size() && text[i + 1] == '\'') {
                        key += '\'';  // a quote is doubled
                        ++i;
                    } else {
                        break;
                    }
                }
                if (i + 1 >= text.size() || text[i + 1] != ']') return refuse();
                path.segments_.emplace_back(std::move(key));
                at = i + 2;
            } else {
                auto const end = text.find(']', at);
                if (end == std::string_view::npos || end == at + 1 || end - at > 10) return refuse();
                std::size_t index = 0;
                for (char const c : text.substr(at + 1, end - at - 1)) {
                    if (c < '0' || c > '9') return refuse();
                    index = index * 10 + std::size_t(c - '0');
                }
                path.segments_.emplace_back(index);
                at = end + 1;
            }
        } else {
            if (!first) {
                if (text[at] != '.') return refuse();
                ++at;
            }
            auto const end = std::min(text.find_first_of(".[", at), text.size());
            auto const key = text.substr(at, end - at);
            if (!plain(key)) return refuse();
            path.segments_.emplace_back(std::string(key));
            at = end;
            if (at < text.size() && text[at] == '.' && at + 1 == text.size()) return refuse();
        }
        first = false;
    }
    return path;
}

Path::Path(std::string_view text) {
    auto parsed = parse(text);
    assert(parsed && "a property path in the code is malformed");
    if (parsed) *this = std::move(*parsed);
}

Path Path::child(std::string key) const {
    Path out = *this;
    out.segments_.emplace_back(std::move(key));
    return out;
}
Path Path::child(std::size_t index) const {
    Path out = *this;
    out.segments_.emplace_back(index);
    return out;
}
Path Path::parent() const {
    assert(!empty());
    Path out = *this;
    out.segments_.pop_back();
    return out;
}

std::string Path::text() const {
    std::string out;
    for (auto const& segment : segments_) {
        if (auto const* key = std::get_if<std::string>(&segment)) {
            if (plain(*key)) {
                if (!out.empty()) out += '.';
                out += *key;
            } else {
                out += "['";
                for (char const c : *key) {
                    out += c;
                    if (c == '\'') out += c;
                }
                out += "']";
            }
        } else {
            out += fmt::format("[{}]", std::get<std::size_t>(segment));
        }
    }
    return out;
}

namespace {
Value const* follow(Value const& root, Path const& path) {
    Value const* at = &root;
    for (auto const& segment : path.segments()) {
        at = step(*at, segment);
        if (!at) return nullptr;
    }
    return at;
}
}  // namespace

Value const* Place::in(Value const& root) const {
    if (path_) return follow(root, *path_);
    Value const* at = &root;
    for (std::size_t begin = 0; at && begin < text_.size();) {
        auto end = begin;
        for (; end < text_.size() && text_[end] != '.'; ++end)
            if (text_[end] == '[') return follow(root, Path(text_));
        assert(end > begin && end + 1 != text_.size() && "a property path in the code is malformed");
        at = enter(*at, text_.substr(begin, end - begin));
        begin = end + 1;
    }
    return at;
}

Value const* find(Value const& root, Place place) { return place.in(root); }
Value* find(Value& root, Place place) { return const_cast<Value*>(place.in(root)); }

void put(Value& root, Path const& path, Value value) {
    Value* at = &root;
    for (auto const& segment : path.segments()) {
        if (auto* existing = const_cast<Value*>(step(*at, segment))) {
            at = existing;
        } else if (auto const* key = std::get_if<std::string>(&segment)) {
            if (!at->is_object()) at->emplace_object();
            at = &at->get_object()[*key];
        } else {
            if (!at->is_array()) at->emplace_array();
            auto& array = at->get_array();
            auto const index = std::get<std::size_t>(segment);
            assert(index < 100'000);
            if (array.size() <= index) array.resize(index + 1);
            at = &array[index];
        }
    }
    *at = std::move(value);
}

bool erase(Value& root, Path const& path) {
    assert(!path.empty());
    Value* const holder = find(root, path.parent());
    if (!holder) return false;
    auto const& last = path.segments().back();
    if (auto const* key = std::get_if<std::string>(&last)) {
        auto* object = holder->if_object();
        if (!object) return false;
        if (object->erase(*key)) return true;
        for (auto it = object->begin(); it != object->end(); ++it)
            if (base::same_text(it->key(), *key)) {
                object->stable_erase(it);
                return true;
            }
        return false;
    }
    auto* array = holder->if_array();
    auto const index = std::get<std::size_t>(last);
    if (!array || index >= array->size()) return false;
    array->erase(array->begin() + static_cast<std::ptrdiff_t>(index));
    return true;
}

void merge(Value& into, Value const& patch) {
    auto const* changes = patch.if_object();
    if (!changes) {
        into = patch;
        return;
    }
    if (!into.is_object()) into.emplace_object();
    auto& object = into.get_object();
    for (auto const& change : *changes) {
        if (change.value().is_null()) object.erase(change.key());
        else merge(object[change.key()], change.value());
    }
}

std::optional<std::string_view> text_at(Value const& root, Place place) {
    auto const* value = find(root, place);
    if (!value || !value->is_string()) return std::nullopt;
    auto const& text = value->get_string();
    return std::string_view(text.data(), text.size());
}
std::optional<std::int64_t> whole_at(Value const& root, Place place) {
    auto const* value = find(root, place);
    if (!value) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    if (value->is_uint64() && value->get_uint64() <= INT64_MAX) return static_cast<std::int64_t>(value->get_uint64());
    if (value->is_double()) {
        double const d = value->get_double();
        if (std::abs(d) < 9e15 && d == double(std::int64_t(d))) return std::int64_t(d);
    }
    return std::nullopt;
}
std::optional<bool> truth_at(Value const& root, Place place) {
    auto const* value = find(root, place);
    return value && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}
Array const& list_at(Value const& root, Place place) {
    static Array const empty;
    auto const* value = find(root, place);
    return value && value->is_array() ? value->get_array() : empty;
}
Object const& object_at(Value const& root, Place place) {
    static Object const empty;
    auto const* value = find(root, place);
    return value && value->is_object() ? value->get_object() : empty;
}

namespace {
void compare(Value const& before, Value const& after, Path const& at, std::vector<Difference>& out) {
    auto const* a = before.if_object();
    auto const* b = after.if_object();
    if (!a || !b) {
        if (write(before) != write(after)) out.push_back({at, before, after});
        return;
    }
    std::set<std::string, std::less<>> keys;
    for (auto const& member : *a) keys.emplace(member.key());
    for (auto const& member : *b) keys.emplace(member.key());
    for (auto const& key : keys) {
        auto const* x = a->if_contains(key);
        auto const* y = b->if_contains(key);
        if (x && y) compare(*x, *y, at.child(key), out);
        else out.push_back({at.child(key), x ? std::optional(*x) : std::nullopt, y ? std::optional(*y) : std::nullopt});
    }
}
}  // namespace

std::vector<Difference> differences(Value const& before, Value const& after) {
    std::vector<Difference> out;
    compare(before, after, {}, out);
    return out;
}

}  // namespace holdfast::json
