// WWW-Authenticate, read as RFC 7235 writes it: schemes with a token68 or with parameters, in one comma-separated list.
#include <algorithm>

#include "credentials/tokens.hpp"

namespace holdfast::credentials {

namespace {

constexpr std::size_t longest_header = 16u << 10;

bool is_token_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    void skip(std::string_view bytes) {
        while (!rest_.empty() && bytes.find(rest_.front()) != std::string_view::npos) rest_.remove_prefix(1);
    }
    bool eat(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::string word() {
        auto const end = std::find_if_not(rest_.begin(), rest_.end(), is_token_byte);
        std::string const text(rest_.begin(), end);
        rest_.remove_prefix(text.size());
        return text;
    }
    /// A quoted string, or a bare word; servers send bare base64 too, so everything up to the next separator counts.
    std::optional<std::string> value() {
        std::string text;
        if (!eat('"')) {
            auto const end = std::min(rest_.find_first_of(", \t"), rest_.size());
            text = rest_.substr(0, end);
            rest_.remove_prefix(end);
            return text;
        }
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
            text += rest_.front();
            rest_.remove_prefix(1);
        }
        if (!eat('"')) return std::nullopt;  // never closed: where it ends is anybody's guess
        return text;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

}  // namespace

std::optional<std::string_view> Challenge::find(std::string_view name) const {
    for (auto const& [key, value] : parameters)
        if (base::same_text(key, name)) return value;
    return std::nullopt;
}

std::vector<Challenge> challenges(std::string_view header) {
    std::vector<Challenge> all;
    Reader reader(header.substr(0, longest_header));
    while (true) {
        reader.skip(" \t,");
        auto word = reader.word();
        if (word.empty()) return all;
        reader.skip(" \t");
        // `name=` continues the challenge before; a word alone, or before another word, begins one.
        bool const parameter = !all.empty() && reader.rest().starts_with('=') && !reader.rest().starts_with("==");
        if (!parameter) {
            all.push_back({std::move(word), {}});
            continue;
        }
        reader.eat('=');
        reader.skip(" \t");
        auto value = reader.value();
        if (!value) return all;
        all.back().parameters.emplace_back(std::move(word), std::move(*value));
    }
}

std::string claims_wanted(world::Headers const& headers) {
    for (auto const& header : headers) {
        if (!base::same_text(header.name, "WWW-Authenticate")) continue;
        for (auto const& challenge : challenges(header.value)) {
            if (!base::same_text(challenge.scheme, "Bearer")) continue;
            if (!base::same_text(challenge.find("error").value_or(""), "insufficient_claims")) continue;
            auto const claims = base::from_base64(challenge.find("claims").value_or(""));
            if (!claims) continue;
            auto const parsed = json::parse(*claims, answer_limits);
            if (parsed && parsed->is_object()) return *claims;
        }
    }
    return {};
}

}  // namespace holdfast::credentials
