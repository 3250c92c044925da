// Lists, page by page.
#include "azure/azure.hpp"
#include "azure/url.hpp"

namespace holdfast::azure {

using base::ErrorCode;

namespace {

constexpr std::size_t most_bytes = 512u << 20;
constexpr std::size_t longest_link = 64 * 1024;  // skip tokens of several KB are recorded

std::string text_member(json::Object const& object, std::string_view name) {
    auto const* found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string{};
}

/// The old directory names the next page relative to the tenant: "directoryObjects/...?$skiptoken=X".
std::string beside(std::string_view url, std::string link) {
    if (link.find("://") != std::string::npos || link.starts_with('/')) return absolute(link, url);
    auto const path = without_query(url);
    return std::string(path.substr(0, path.rfind('/') + 1)) + link;
}

/// Resource Graph's table form, `{"columns": [{"name"}], "rows": [[...]]}`, as the objects its other form answers.
bool add_rows(json::Value const& table, json::Array& items) {
    auto const* const columns = table.get_object().if_contains("columns");
    auto const* const rows = table.get_object().if_contains("rows");
    if (!columns || !columns->is_array() || !rows || !rows->is_array()) return false;
    for (auto const& row : rows->get_array()) {
        if (!row.is_array() || row.get_array().size() != columns->get_array().size()) return false;
        json::Object item;
        for (std::size_t at = 0; at < row.get_array().size(); ++at)
            item[json::text_at(columns->get_array()[at], "name").value_or("")] = row.get_array()[at];
        items.emplace_back(std::move(item));
    }
    return true;
}

}  // namespace

Pages::Pages(std::string url, base::Call call, int max_pages)
    : url_(std::move(url)), call_(std::move(call)), max_pages_(max_pages) {
    seen_.insert(url_);
}

Pages::Next Pages::page(Response const& response) {
    auto const refuse = [this](ErrorCode code, std::string what, std::string fix) -> Next {
        return base::fail(code, std::move(what), std::move(fix), call_).value();
    };
    if (response.status >= 400) return to_error(read_error(response), call_);
    bytes_ += response.body.size();
    // An empty answer is a list's end only where it says so: elsewhere something that is not Azure may have answered, and
    // what could not be read must not look like what is not there.
    if (response.status == 204) return Finished{};
    auto body = json::parse(response.body);
    if (!body) {
        auto next =
            refuse(ErrorCode::answer_malformed, "Azure's answer is not JSON", "a proxy may have answered in its place");
        std::get<base::Error>(next).because.push_back(std::move(body.error()));
        return next;
    }
    auto* object = body->if_object();
    if (object == nullptr) return refuse(ErrorCode::answer_malformed, "Azure's list is not an object with `value`", {});
    bool found = false;
    for (auto const* name : {"value", "data"})
        if (auto* list = object->if_contains(name); list != nullptr && list->is_array()) {
            for (auto& item : list->get_array()) items_.push_back(std::move(item));
            found = true;
            break;
        }
    if (auto* const table = object->if_contains("data"); !found && table && table->is_object())
        found = add_rows(*table, items_);
    if (!found) return refuse(ErrorCode::answer_malformed, "Azure's list is not an object with `value`", {});

    std::string link, skip_token = text_member(*object, "$skipToken");
    for (auto const* name : {"nextLink", "@odata.nextLink", "odata.nextLink"})
        if (link.empty()) link = text_member(*object, name);
    if (link.empty() && skip_token.empty()) return Finished{};

    ++pages_;
    if (pages_ >= max_pages_)
        return refuse(ErrorCode::answer_too_large, "the list goes on after " + std::to_string(pages_) + " pages",
                      "ask a narrower question");
    if (bytes_ > most_bytes || link.size() > longest_link || skip_token.size() > longest_link)
        return refuse(ErrorCode::answer_too_large, "the list is larger than 512 MB, or its links are endless",
                      "ask a narrower question");
    if (link.empty()) {
        if (!seen_.insert(skip_token).second)
            return refuse(ErrorCode::answer_too_large, "the list leads back to a page already read",
                          "ask a narrower question");
        return Ask{std::move(skip_token)};
    }
    auto url = beside(url_, std::move(link));
    if (!same_origin(url, url_)) {
        auto const origin = origin_of(url);
        return refuse(ErrorCode::answer_malformed,
                      "Azure's answer leads to " +
                          (origin ? "another host, " + base::printable(*origin) : std::string("no usable address")) +
                          "; no token goes there",
                      "check the cloud or the endpoint that was given");
    }
    if (!seen_.insert(url).second)
        return refuse(ErrorCode::answer_too_large, "the list leads back to a page already read",
                      "ask a narrower question");
    url_ = url;
    return Get{std::move(url)};
}

}  // namespace holdfast::azure
