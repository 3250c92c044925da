// For tests: a graph as text that a person writes and reads.
//
//   ADDRESS TYPE [as NAME] [in PARENT] [existing] [{body}]   `Network/routeTables`: short for Microsoft.Network/…
//   graph FILE                         what stands in another file, first
//   set ADDRESS PATH JSON              unset ADDRESS PATH, drop ADDRESS
//   answered ADDRESS PATH JSON         what Azure answered beyond the body
//   live                               everything was read, and is Succeeded
//   hollow ADDRESS                     exists, was not read
//   unread WHAT: BECAUSE
//   fit                                Azure was asked what the sizes of the pools can do
//   unfit ADDRESS BECAUSE
//   written ADDRESS PATH LINE COLUMN   in cluster.yaml
//
// In bodies "@address" stands for the id of that node, "?address path" for an output known only later.
// A name is the last part of the address; a parent is the nearest enclosing address of the parent type, else `group`.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "resource/resource.hpp"

namespace holdfast::scenario {

class GraphText {
public:
    explicit GraphText(std::string folder) : folder_(std::move(folder)) {}

    resource::Graph read(std::string_view text) {
        for (auto const& line : base::split(text, '\n')) {
            ++number_;
            auto const content = base::trimmed(line);
            if (!content.empty() && content.front() != '#') one(std::string(content));
        }
        for (auto& [address, node] : graph_.resources()) {
            node.body = resolved(node.body, node, {});
            if (node.raw) node.raw = resolved(*node.raw, node, {});
        }
        return std::move(graph_);
    }

    static std::string file(std::string const& path) {
        std::ifstream in(path);
        if (!in) throw std::runtime_error("no such file: " + path);
        std::stringstream all;
        all << in.rdbuf();
        return all.str();
    }

private:
    [[noreturn]] void wrong(std::string const& what) const {
        throw std::runtime_error(fmt::format("line {}: {}", number_, what));
    }

    static std::string word(std::string& rest) {
        auto const start = rest.find_first_not_of(' ');
        if (start == std::string::npos) return {};
        auto const end = rest.find(' ', start);
        auto out = rest.substr(start, end == std::string::npos ? end : end - start);
        rest = end == std::string::npos ? std::string() : rest.substr(end + 1);
        return out;
    }
    json::Value value(std::string_view text) const {
        auto parsed = json::parse(text);
        if (!parsed) wrong(fmt::format("{}: {}", parsed.error().what, text));
        return *parsed;
    }
    resource::Resource& node(std::string const& address) {
        auto* found = graph_.find(address);
        if (!found) wrong("no node " + address);
        return *found;
    }

    void one(std::string rest) {
        auto const whole = rest;
        auto const first = word(rest);
        if (first == "graph") {
            for (auto const& line : base::split(file(folder_ + "/" + word(rest)), '\n'))
                if (auto const content = base::trimmed(line); !content.empty() && content.front() != '#')
                    one(std::string(content));
        } else if (first == "set") {
            auto& at = node(word(rest));
            auto const path = word(rest);
            json::put(at.body, json::Path(path), value(rest));
            if (at.raw) json::put(*at.raw, json::Path(path), value(rest));
        } else if (first == "unset") {
            auto& at = node(word(rest));
            json::Path const path(word(rest));
            json::erase(at.body, path);
            if (at.raw) json::erase(*at.raw, path);
        } else if (first == "answered") {
            auto& at = node(word(rest));
            auto const path = word(rest);
            if (!at.raw) at.raw = at.body;
            json::put(*at.raw, json::Path(path), value(rest));
        } else if (first == "drop") {
            graph_.erase(word(rest));
        } else if (first == "hollow") {
            auto& at = node(word(rest));
            at.ownership = resource::Ownership::existing;
            at.body = json::Object{};
            at.raw.reset();
        } else if (first == "live") {
            for (auto& [address, each] : graph_.resources()) {
                each.raw = each.body;
                json::put(*each.raw, json::Path("properties.provisioningState"), json::Value("Succeeded"));
            }
        } else if (first == "unread") {
            auto const colon = rest.find(": ");
            graph_.unread.push_back({rest.substr(0, colon), rest.substr(colon + 2)});
        } else if (first == "fit") {
            graph_.unfit.emplace();
        } else if (first == "unfit") {
            if (!graph_.unfit) graph_.unfit.emplace();
            auto const address = word(rest);
            graph_.unfit->push_back({address, rest});
        } else if (first == "written") {
            auto& at = node(word(rest));
            json::Path const path(word(rest));
            int const line = std::stoi(word(rest)), column = std::stoi(word(rest));
            at.origins[path] = {resource::Origin::By::you, {"cluster.yaml", line, column, 1}, ""};
        } else {
            add(first, rest);
        }
    }

    void add(std::string const& address, std::string rest) {
        resource::Resource made;
        made.address = address;
        auto const type = word(rest);
        made.type = type.starts_with("Microsoft.") ? type : "Microsoft." + type;
        auto const slash = address.rfind('/');
        auto name = slash == std::string::npos ? address : address.substr(slash + 1);
        while (!rest.empty()) {
            auto const start = rest.find_first_not_of(' ');
            if (start == std::string::npos) break;
            if (rest[start] == '{') {
                made.body = value(rest.substr(start));
                break;
            }
            auto const next = word(rest);
            if (next == "as") name = word(rest);
            else if (next == "in") made.parent = word(rest);
            else if (next == "existing") made.ownership = resource::Ownership::existing;
            else wrong("what is " + next);
        }
        auto const* shape = shapes::find(made.type);
        if (!made.parent)
            for (auto at = address.rfind('/'); shape && !shape->parent.empty() && at != std::string::npos;
                 at = address.rfind('/', at - 1)) {
                auto const* above = graph_.find(address.substr(0, at));
                if (above && base::same_text(above->type, shape->parent)) made.parent = above->address;
                if (made.parent || at == 0) break;
            }
        auto const subscription = resource::ResourceId::subscription_of("00000000-0000-0000-0000-000000000001");
        if (made.type == "Microsoft.Resources/resourceGroups") {
            made.id = subscription.group(name);
        } else {
            if (!made.parent && graph_.find(resource::Address("group"))) made.parent = "group";
            auto const* parent = made.parent ? graph_.find(*made.parent) : nullptr;
            if (parent && parent->id) made.id = parent->id->with(made.type, name);
        }
        graph_.add(std::move(made));
    }

    json::Value resolved(json::Value const& from, resource::Resource& owner, json::Path const& at) {
        if (auto const* object = from.if_object()) {
            json::Object out;
            for (auto const& member : *object) {
                std::string key(member.key());
                if (key.starts_with('@')) key = id(key.substr(1));
                auto inner = resolved(member.value(), owner, at.child(key));
                if (!inner.is_null()) out[key] = std::move(inner);
            }
            return out;
        }
        if (auto const* list = from.if_array()) {
            json::Array out;
            for (std::size_t i = 0; i < list->size(); ++i) out.push_back(resolved((*list)[i], owner, at.child(i)));
            return out;
        }
        if (auto const* text = from.if_string()) {
            std::string const words{std::string_view(*text)};
            if (words.starts_with('@')) return json::Value(id(words.substr(1)));
            if (words.starts_with('?')) {
                auto const space = words.find(' ');
                owner.pending.push_back(
                    {at, resource::Output{words.substr(1, space - 1), json::Path(words.substr(space + 1))}});
                return nullptr;
            }
        }
        return from;
    }
    std::string id(std::string const& address) {
        auto const* target = graph_.find(address);
        if (!target || !target->id) wrong("no id for " + address);
        return target->id->text();
    }

    std::string folder_;
    resource::Graph graph_;
    int number_ = 0;
};

inline resource::Graph graph_of(std::string_view text, std::string const& folder) {
    return GraphText(folder).read(text);
}

}  // namespace holdfast::scenario
