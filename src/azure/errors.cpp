// Azure's error shapes, reduced. Every shape is walked the same way: find the object that has a code or a message, then
// go down through `details`, `innererror` and JSON hidden in messages; what lies deepest is the cause.
#include <algorithm>

#include "azure/azure.hpp"
#include "azure/url.hpp"

namespace holdfast::azure {

namespace {

constexpr int deepest_level = 24;               // recorded errors go five deep
constexpr std::size_t most_entries = 64;        // a deployment lists one detail a resource
constexpr std::size_t longest_message = 4'096;  // bytes kept of one message
constexpr std::size_t largest_body = 4u << 20;  // beyond it a body is named by its size

struct Entry {
    std::string code, message, target;
    int level = 0;
};

/// Member by name, without case: a failed group deletion says "Error".
json::Value const* member(json::Value const& value, std::string_view name) {
    auto const* object = value.if_object();
    if (object == nullptr) return nullptr;
    for (auto const& item : *object)
        if (base::same_text(item.key(), name)) return &item.value();
    return nullptr;
}

std::string text_member(json::Value const& value, std::string_view name) {
    auto const* found = member(value, name);
    if (found == nullptr) return {};
    if (auto const* text = found->if_string()) return std::string(*text);
    if (found->is_number()) return json::write(*found);
    if (auto const* inner = member(*found, "value"); inner != nullptr && inner->is_string())  // OData: {lang, value}
        return std::string(inner->get_string());
    return {};
}

std::string shortened(std::string_view message) {
    auto text = without_queries(base::trimmed(message));
    if (text.size() <= longest_message) return text;
    auto cut = longest_message;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // whole UTF-8 characters
    return text.substr(0, cut) + "...";
}

bool looks_like_error(json::Value const& value) {
    auto const* error = member(value, "error");
    if (error != nullptr && (error->is_object() || error->is_string())) return true;
    if (member(value, "odata.error") != nullptr) return true;
    auto const* code = member(value, "code");
    return code != nullptr && (member(value, "message") != nullptr || member(value, "details") != nullptr);
}

/// JSON that a message is, or holds: "Deployment failed. {"error":…}". Only what has the shape of an error counts,
/// since policy messages hold lists of policies as JSON.
std::optional<json::Value> hidden_error(std::string_view message) {
    auto const open = message.find('{');
    auto const close = message.rfind('}');
    if (open == std::string_view::npos || close == std::string_view::npos || close <= open) return std::nullopt;
    auto parsed = json::parse(message.substr(open, close - open + 1), {largest_body, 32});
    if (!parsed || !looks_like_error(*parsed)) return std::nullopt;
    return std::move(*parsed);
}

/// Go's autorest style, which AKS passes on: `Code="QuotaExceeded" Message="…"`.
std::optional<Entry> quoted_error(std::string_view message) {
    auto const part = [message](std::string_view name) -> std::optional<std::string> {
        auto const start = message.rfind(name);
        if (start == std::string_view::npos) return std::nullopt;
        std::string out;
        for (auto i = start + name.size(); i < message.size(); ++i) {
            if (message[i] == '\\' && i + 1 < message.size()) {
                out += message[++i];
            } else if (message[i] == '"') {
                return out;
            } else {
                out += message[i];
            }
        }
        return std::nullopt;
    };
    auto const code = part("Code=\"");
    if (!code || code->empty()) return std::nullopt;
    auto const text = part("Message=\"");
    if (!text) return std::nullopt;
    return Entry{*code, *text, {}, 0};
}

class Walk {
public:
    std::vector<Entry> entries;

    void error(json::Value const& value, int level) {
        if (level > deepest_level || entries.size() >= most_entries) return;
        if (auto const* inner = member(value, "error"); inner != nullptr && inner->is_object())
            return error(*inner, level + 1);
        if (auto const* inner = member(value, "odata.error"); inner != nullptr) return error(*inner, level + 1);
        if (auto const* oauth = member(value, "error"); oauth != nullptr && oauth->is_string())
            return sign_in(value, level);
        if (auto const* text = value.if_string()) return said({{}, std::string(*text), {}, level});
        if (auto const* list = member(value, "errors"); list != nullptr && list->is_array())  // registries
            for (auto const& one : list->get_array()) error(one, level + 1);
        if (!value.is_object()) return;
        said({text_member(value, "code"), text_member(value, "message"), text_member(value, "target"), level});
        below(value, level);
    }

private:
    void below(json::Value const& value, int level) {
        if (auto const* details = member(value, "details")) {
            if (auto const* list = details->if_array()) {
                for (auto const& one : *list) error(one, level + 1);
            } else if (details->is_object()) {
                error(*details, level + 1);
            }
        }
        if (auto const* inner = member(value, "innererror"); inner != nullptr && inner->is_object()) {
            // Graph keeps dates and request ids there; an error has a code or a message.
            if (member(*inner, "code") != nullptr || member(*inner, "message") != nullptr) error(*inner, level + 1);
        }
        if (auto const* more = member(value, "additionalInfo"); more != nullptr && more->is_array())
            for (auto const& one : more->get_array()) policy(one, level);
    }

    /// Who forbade it: {"type":"PolicyViolation","info":{…}}. A note beside the error, never deeper than it.
    void policy(json::Value const& info, int level) {
        auto const* details = member(info, "info");
        if (details == nullptr || entries.size() >= most_entries) return;
        std::string names;
        for (auto const* name : {"policySetDefinitionDisplayName", "policyDefinitionDisplayName",
                                 "policyAssignmentDisplayName", "policyAssignmentName"}) {
            auto const text = text_member(*details, name);
            if (!text.empty()) names += (names.empty() ? "" : ", ") + text;
        }
        if (!names.empty()) entries.push_back({text_member(info, "type"), shortened(names), {}, level - 1});
    }

    /// Entra's OAuth form. The AADSTS code is the telling one; the first line of the description is the message.
    void sign_in(json::Value const& value, int level) {
        auto const kind = text_member(value, "error");
        auto description = text_member(value, "error_description");
        if (description.empty()) description = text_member(value, "message");
        auto const first_line = std::string(base::trimmed(description.substr(0, description.find_first_of("\r\n"))));
        std::string code = kind;
        if (first_line.starts_with("AADSTS"))
            code = first_line.substr(0, first_line.find_first_not_of("0123456789", std::size("AADSTS") - 1));
        if (code != kind && !kind.empty()) entries.push_back({kind, {}, {}, level});
        entries.push_back({code, shortened(first_line.empty() ? kind : first_line), {}, level + 1});
    }

    void said(Entry entry) {
        if (entry.code.empty() && base::trimmed(entry.message).empty()) return;
        auto const level = entry.level;
        if (auto const hidden = hidden_error(entry.message)) {
            auto const before =
                std::string(base::trimmed(std::string_view(entry.message).substr(0, entry.message.find('{'))));
            entries.push_back({entry.code, shortened(before), entry.target, level});
            return error(*hidden, level + 1);
        }
        auto const quoted = quoted_error(entry.message);
        entry.message = shortened(entry.message);
        entries.push_back(std::move(entry));
        if (quoted && entries.size() < most_entries)
            entries.push_back({quoted->code, shortened(quoted->message), {}, level + 1});
    }
};

struct PlainCode {
    std::string_view code;
    int status;  ///< 0: of no status
    bool vague;
    catalog::Meaning meaning;  ///< of the status, where no row of data/errors says more
    std::string_view source, date;
};
constexpr PlainCode plain_codes[] = {
#include "plain_codes.inc"
};

struct WrongAddress {
    std::string_view code;
    std::string_view source, date;
};
constexpr WrongAddress wrong_addresses[] = {
#include "wrong_addresses.inc"
};

/// What a status says by itself, in the words of the services that do say something.
std::string_view code_of_status(int status) {
    for (auto const& row : plain_codes)
        if (row.status == status) return row.code;
    return {};
}

/// Codes that say nothing; a better one nearby is preferred.
bool is_vague(std::string_view code) {
    return code.empty() || std::any_of(std::begin(plain_codes), std::end(plain_codes), [code](auto const& row) {
               return row.vague && base::same_text(row.code, code);
           });
}

/// An HTML page is reduced to its title, other text to its first line.
std::string plain_message(std::string_view body) {
    auto const lower = base::lower(body.substr(0, 8'192));
    if (auto const open = lower.find("<title"); open != std::string::npos) {
        auto const start = lower.find('>', open);
        auto const end = lower.find("</title", open);
        if (start != std::string::npos && end != std::string::npos && start < end)
            return "a page titled '" + shortened(base::trimmed(body.substr(start + 1, end - start - 1))) + "'";
    }
    if (lower.find("<html") != std::string::npos) return "a page without a title";
    auto const text = base::trimmed(body);
    return shortened(text.substr(0, std::min<std::size_t>(text.find_first_of("\r\n"), 512)));
}

std::string correlation(Response const& response, json::Value const* body) {
    for (auto const* name : {"x-ms-correlation-request-id", "x-ms-request-id", "request-id", "x-ms-client-request-id"})
        if (auto const found = world::find(response.headers, name); found && !found->empty())
            return shortened(found->substr(0, 128));
    if (body == nullptr) return {};
    for (auto const* path : {"correlation_id", "trace_id"}) {
        auto const text = text_member(*body, path);
        if (!text.empty()) return shortened(text.substr(0, 128));
    }
    for (auto const* outer : {"error", "odata.error"})
        if (auto const* error = member(*body, outer)) {
            auto const direct = text_member(*error, "requestId");
            if (!direct.empty()) return shortened(direct.substr(0, 128));
            if (auto const* inner = member(*error, "innerError")) {
                auto const text = text_member(*inner, "request-id");
                if (!text.empty()) return shortened(text.substr(0, 128));
            }
        }
    return {};
}

}  // namespace

base::AzureError read_error(Response const& response) {
    base::AzureError error;
    error.status = response.status;

    std::optional<json::Value> body;
    bool const too_large = response.body.size() > largest_body;
    if (!response.body.empty() && !too_large) {
        auto parsed = json::parse(response.body, {largest_body, 64});
        if (parsed) body = std::move(*parsed);
    }
    error.correlation_id = correlation(response, body ? &*body : nullptr);

    Walk walk;
    if (body) {
        json::Value const* start = &*body;
        if (auto const* list = start->if_array(); list != nullptr && !list->empty()) start = &list->front();
        // A polling answer of a resource: the reason stands in its properties.
        if (!looks_like_error(*start))
            if (auto const* properties = member(*start, "properties"))
                for (auto const* name : {"error", "provisioningError", "statusMessage"})
                    if (auto const* inner = member(*properties, name); inner != nullptr && inner->is_object())
                        start = inner;
        walk.error(*start, 0);
        error.subcode = shortened(text_member(*start, "subcode"));
        if (auto const* inner = member(*start, "error"); error.subcode.empty() && inner != nullptr)
            error.subcode = shortened(text_member(*inner, "subcode"));
    }

    Entry const* deepest = nullptr;
    for (auto const& entry : walk.entries) {
        if (!entry.message.empty() && (deepest == nullptr || entry.level > deepest->level)) deepest = &entry;
        if (error.target.empty()) error.target = shortened(entry.target);
        auto line = entry.code;
        if (!entry.message.empty()) line += (line.empty() ? "" : ": ") + entry.message;
        error.chain.push_back(shortened(line));
    }
    if (deepest != nullptr) {
        error.message = deepest->message;
    } else if (too_large) {
        error.message = "an answer of " + std::to_string(response.body.size()) + " bytes";
    } else if (base::trimmed(response.body).empty()) {
        error.message = "HTTP " + std::to_string(response.status) + " with an empty body";
    } else if (!body) {
        error.message = plain_message(response.body);
    } else {
        error.message = "HTTP " + std::to_string(response.status) + " with a body that names no error";
    }

    // The deepest code that data/errors knows, else the deepest that says something, else what the status says.
    std::vector<Entry const*> by_depth;
    for (auto const& entry : walk.entries)
        if (!entry.code.empty()) by_depth.push_back(&entry);
    std::sort(by_depth.begin(), by_depth.end(), [](Entry const* a, Entry const* b) {
        return a->level != b->level ? a->level > b->level : a < b;  // one vector: earlier first
    });
    auto const known = std::find_if(by_depth.begin(), by_depth.end(), [&](auto const* entry) {
        return !is_vague(entry->code) && catalog::find_error(error.status, entry->code, entry->message) != nullptr;
    });
    auto const telling =
        std::find_if(by_depth.begin(), by_depth.end(), [](auto const* entry) { return !is_vague(entry->code); });
    if (known != by_depth.end()) {
        error.code = (*known)->code;
    } else if (telling != by_depth.end()) {
        error.code = (*telling)->code;
    } else if (!by_depth.empty()) {
        error.code = by_depth.front()->code;
    } else if (auto const header = world::find(response.headers, "x-ms-error-code"); header && !header->empty()) {
        error.code = header->substr(0, 128);
    } else {
        error.code = code_of_status(response.status);
    }
    if (error.code.size() > 128) error.code.resize(128);
    if (error.code == error.subcode) error.subcode.clear();
    return error;
}

catalog::ErrorRow const* meaning_of(base::AzureError const& error) {
    std::string all = error.message;
    for (auto const& line : error.chain) all += "\n" + line;
    if (auto const* row = catalog::find_error(error.status, error.code, all)) return row;
    for (auto line = error.chain.rbegin(); line != error.chain.rend(); ++line) {
        auto const code = std::string_view(*line).substr(0, line->find(':'));
        if (auto const* row = catalog::find_error(error.status, code, all)) return row;
    }
    return error.subcode.empty() ? nullptr : catalog::find_error(error.status, error.subcode, all);
}

catalog::Meaning class_of(base::AzureError const& error) {
    if (auto const* row = meaning_of(error)) return row->meaning;
    for (auto const& row : plain_codes)
        if (row.status != 0 && row.status == error.status) return row.meaning;
    // An operation's failure comes with 200: the same write, repeated, reconciles what it left.
    return error.status >= 500 || error.status < 400 ? catalog::Meaning::again : catalog::Meaning::never;
}

bool says_absent(Response const& response) {
    if (response.status != 404) return false;
    auto const error = read_error(response);
    return std::none_of(std::begin(wrong_addresses), std::end(wrong_addresses),
                        [&](auto const& row) { return base::same_text(row.code, error.code); });
}

base::Error to_error(base::AzureError azure, base::Call call) {
    base::Error error;
    error.code = base::ErrorCode::azure;
    error.where = std::move(call);
    if (auto const* row = meaning_of(azure)) {
        error.what = row->cause;
        error.fix = row->next;
    } else {
        error.what = azure.message.empty() ? "Azure answered " + std::to_string(azure.status) : azure.message;
        error.fix = "read Azure's message; its support finds the call by the correlation id";
    }
    error.azure = std::move(azure);
    return error;
}

}  // namespace holdfast::azure
