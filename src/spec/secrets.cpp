/// What an error shows of a file that holds a secret by mistake.
#include <algorithm>

#include "language.hpp"
#include "yaml/yaml.hpp"

namespace holdfast::spec {
namespace {

/// Every scalar below a secret's key that is no place where it is found.
void blot(std::vector<std::string>& lines, yaml::Node const& node, std::string const& key) {
    auto const* row = find_field(key);
    bool const secret = row && row->kind == FieldKind::secret && row->key == key;
    if (secret && node.kind == yaml::Node::Kind::scalar) {
        auto const line = static_cast<std::size_t>(node.where.line) - 1;
        if (node.where.line < 1 || node.where.column < 1 || line >= lines.size()) return;
        auto& text = lines[line];
        auto const begin = std::min(text.size(), static_cast<std::size_t>(node.where.column) - 1);
        // As long as the text, and no shorter than what the parser says of it: quotes and escapes.
        auto const length = std::max<std::size_t>(node.text.size() + (node.quoted ? 2 : 0),
                                                  static_cast<std::size_t>(node.where.length));
        std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(begin), std::min(length, text.size() - begin), '*');
        // A block of several lines says nothing after its first.
        auto const more = static_cast<std::size_t>(std::ranges::count(node.text, '\n')) +
                          (text.find('|', begin) != text.npos ? 1 : 0);
        for (std::size_t i = line + 1; i <= line + more && i < lines.size(); ++i) lines[i].assign(lines[i].size(), '*');
        return;
    }
    for (auto const& member : node.members)
        blot(lines, member.value, key.empty() ? member.key : key + "." + member.key);
    for (auto const& item : node.items) blot(lines, item, key + "[]");
}

}  // namespace

std::string without_secrets(std::string_view text) {
    auto const root = yaml::parse(text, {});
    if (!root) return std::string(text);
    auto lines = base::split(text, '\n');
    blot(lines, *root, {});
    return base::join(lines, "\n");
}

}  // namespace holdfast::spec
