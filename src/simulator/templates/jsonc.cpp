#include "simulator/templates/jsonc.hpp"

#include <algorithm>

namespace holdfast::simulator::templates {
namespace {

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }
bool in_name(char c) { return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)); }

/// Rewrites character by character. Every replacement keeps the lines, so that errors of the strict parser fit; columns
/// move by the two quotes of a name that had none.
class Rewriter {
public:
    explicit Rewriter(std::string_view text) : text_(text) { out_.reserve(text.size() + 64); }

    std::string run() {
        while (at_ < text_.size()) {
            char const c = text_[at_];
            if (c == '"') {
                string();
            } else if (c == '/' && next() == '/') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (c == '/' && next() == '*') {
                comment();
            } else if (c == '}' || c == ']') {
                drop_comma();
                out_.push_back(c);
                ++at_;
            } else if (begins_name(c) && names_a_member()) {
                out_.push_back('"');
                while (at_ < text_.size() && in_name(text_[at_])) out_.push_back(text_[at_++]);
                out_.push_back('"');
            } else if (begins_name(c)) {  // true, false, null, or the strict parser's business
                while (at_ < text_.size() && in_name(text_[at_])) out_.push_back(text_[at_++]);
            } else {
                out_.push_back(c);
                ++at_;
            }
        }
        return std::move(out_);
    }

private:
    char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }

    void string() {
        out_.push_back('"');
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            char const c = text_[at_];
            if (c == '\\' && at_ + 1 < text_.size()) {
                out_.push_back(c);
                out_.push_back(text_[++at_]);
            } else if (c == '\n') {
                out_ += "\\n";
            } else if (c == '\r') {
                out_ += "\\r";
            } else if (c == '\t') {
                out_ += "\\t";
            } else {
                out_.push_back(c);
            }
        }
        if (at_ < text_.size()) {
            out_.push_back('"');
            ++at_;
        }
    }
    void comment() {
        for (at_ += 2; at_ < text_.size() && !(text_[at_] == '*' && next() == '/'); ++at_) {
            if (text_[at_] == '\n') out_.push_back('\n');
        }
        at_ = std::min(text_.size(), at_ + 2);
        out_.push_back(' ');
    }
    /// A comma before a closing bracket, white space between them left out.
    void drop_comma() {
        auto const last = out_.find_last_not_of(" \t\r\n");
        if (last != std::string::npos && out_[last] == ',') out_[last] = ' ';
    }
    /// Whether the word here is followed by a colon, over white space.
    bool names_a_member() const {
        auto i = at_;
        while (i < text_.size() && in_name(text_[i])) ++i;
        while (i < text_.size() && std::isspace(static_cast<unsigned char>(text_[i]))) ++i;
        return i < text_.size() && text_[i] == ':';
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string out_;
};

}  // namespace

base::Result<json::Value> parse_jsonc(std::string_view text, json::ParseLimits limits) {
    if (auto strict = json::parse(text, limits)) return strict;
    if (text.size() > limits.max_bytes) return json::parse(text, limits);
    return json::parse(Rewriter(text).run(), limits);
}

}  // namespace holdfast::simulator::templates
