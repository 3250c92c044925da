#include "simulator/world_file.hpp"

#include <map>

#include "resource/resource.hpp"
#include "simulator/templates/jsonc.hpp"

namespace holdfast::simulator {
namespace {

/// A file of our own machine: as large as memory allows.
constexpr json::ParseLimits of_files{.max_bytes = std::size_t{1} << 40};
constexpr std::string_view before_subscription = "/subscriptions/";

bool is_exchange(json::Value const& value) {
    return value.is_object() && json::find(value, "url") && json::find(value, "status") &&
           json::find(value, "response_body");
}

/// Every text and key with the subscriptions of elsewhere read as ours.
std::string in_our_subscription(std::string_view written, std::string const& ours) {
    constexpr std::size_t guid_size = 36;
    std::string out;
    std::size_t done = 0;
    for (auto at = written.find(before_subscription); at != std::string_view::npos;
         at = written.find(before_subscription, at + 1)) {
        auto const begin = at + before_subscription.size();
        if (!base::is_guid(written.substr(begin, guid_size))) continue;
        out.append(written, done, begin - done).append(ours);
        done = begin + guid_size;
    }
    return out.append(written, done);
}

class Recording {
public:
    explicit Recording(std::string const& subscription) : subscription_(subscription) {}

    base::Result<void> add(std::string_view line) {
        auto exchange = json::parse(in_our_subscription(line, subscription_), of_files);
        if (!exchange) return base::fail(std::move(exchange.error()));
        if (!is_exchange(*exchange))
            return base::fail(base::ErrorCode::not_recognised, "this line is no recorded exchange",
                              "a line has url, method, status and response_body");
        auto const status = json::whole_at(*exchange, "status").value_or(0);
        auto const method = json::text_at(*exchange, "method").value_or("GET");
        if (status < 200 || status > 299 || json::find(*exchange, "response_body_cut")) return {};
        if (method == "DELETE") {
            forget(json::text_at(*exchange, "url").value_or(""));
            return {};
        }
        if (method == "POST") return {};  // what an action answers is no resource
        auto* body = json::find(*exchange, "response_body");
        if (auto* list = json::find(*body, "value"); list && list->is_array()) {
            for (auto& one : list->get_array()) see(std::move(one));
        } else {
            see(std::move(*body));
        }
        return {};
    }
    json::Array stands() && {
        json::Array bodies;
        for (auto& [key, body] : seen_) bodies.push_back(std::move(body));
        return bodies;
    }

private:
    void see(json::Value body) {
        auto const text = body.is_object() ? json::text_at(body, "id") : std::nullopt;
        auto const id = text ? resource::ResourceId::parse(*text) : tl::unexpected(base::Error{});
        if (id && !id->group().empty() && !id->type().empty() && (json::find(body, "properties") || json::find(body, "location")))
            seen_[id->key()] = std::move(body);
    }
    /// The resource that a URL names, and all that stood below it.
    void forget(std::string_view url) {
        auto const at = url.find(before_subscription);
        if (at == std::string_view::npos) return;
        auto const key = base::lower(url.substr(at, url.find('?') - at));
        std::erase_if(seen_, [&](auto const& one) { return one.first == key || one.first.starts_with(key + "/"); });
    }

    std::string const& subscription_;
    std::map<std::string, json::Value> seen_;
};

base::Result<json::Array> recorded(std::string_view text, std::string const& subscription) {
    Recording recording(subscription);
    int number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        auto const end = std::min(text.find('\n', begin), text.size());
        ++number;
        if (auto const line = base::trimmed(text.substr(begin, end - begin)); !line.empty()) {
            if (auto added = recording.add(line); !added) {
                auto wrong = std::move(added.error());
                auto const* const within = std::get_if<base::SourcePos>(&wrong.where);
                wrong.where = base::SourcePos{.file = "the recording", .line = number, .column = within ? within->column : 1};
                return base::fail(std::move(wrong));
            }
        }
        begin = end + 1;
    }
    return std::move(recording).stands();
}

}  // namespace

base::Result<json::Array> read_world(std::string_view text, std::string const& subscription) {
    auto const first_line = text.substr(0, text.find('\n'));
    if (auto const first = json::parse(first_line, of_files); first && is_exchange(*first)) return recorded(text, subscription);
    auto parsed = json::parse(text, of_files);
    if (!parsed) return base::fail(std::move(parsed.error()));
    if (auto* list = parsed->if_array()) return std::move(*list);
    if (parsed->is_object()) {
        for (auto const* around : {"value", "data"}) {
            auto* inside = json::find(*parsed, around);
            if (inside && inside->is_array()) return std::move(inside->get_array());
        }
        if (json::find(*parsed, "id")) return json::Array{std::move(*parsed)};
    }
    return base::fail(base::ErrorCode::not_recognised, "a world is a JSON list of resources, or {\"value\": [...]}",
                      "write what `az resource show` prints, in a list");
}

std::optional<json::Value> read_template(std::string_view text) {
    if (text.substr(0, 10'000).find("eploymentTemplate") == std::string_view::npos) return std::nullopt;
    auto parsed = templates::parse_jsonc(text);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    auto const schema = json::text_at(*parsed, "$schema").value_or("");
    return base::lower(schema).find("deploymenttemplate") != std::string::npos ? std::move(*parsed)
                                                                              : std::optional<json::Value>();
}

}  // namespace holdfast::simulator
