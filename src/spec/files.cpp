/// Text that stands in a file of its own: certificates, public keys.
#include <fmt/format.h>

#include "merge.hpp"
#include "value.hpp"

namespace holdfast::spec {
namespace {

using yaml::Node;

struct Files {
    std::string folder;
    decltype(Overrides::file) const& read;
    std::vector<base::Error>& mistakes;

    void put_text(Node& node) const {
        if (node.kind != Node::Kind::map || node.members.size() != 1 || node.members[0].key != "file") return;
        auto const path = node.members[0].value;
        auto const tell = [&](std::string what, std::string fix) {
            mistakes.push_back(mistake(base::ErrorCode::spec_value, path.where, std::move(what), std::move(fix)));
        };
        Node text;
        text.kind = Node::Kind::scalar;
        text.where = path.where;
        if (path.kind != Node::Kind::scalar || path.text.empty() || path.text.size() > 4096) {
            tell("this is not the name of a file", "write {file: PATH}");
        } else if (!read) {
            tell("files cannot be read here", "write the text itself");
        } else {
            auto const found = read(path.text.starts_with('/') ? path.text : folder + "/" + path.text);
            if (found) text.text = std::string(base::trimmed(*found));
            else tell(found.error().what, "the path is seen from the folder of the spec");
        }
        // A file that cannot be read is told once: what is empty then says nothing.
        if (text.text.empty()) text.kind = Node::Kind::null;
        text.quoted = true;
        node = std::move(text);
    }

    void walk(Node& node, std::string const& key) const {
        auto const* row = find_field(key);
        if (row && row->key == key && row->file) {
            put_text(node);
            for (auto& item : node.items) put_text(item);
            std::erase_if(node.items, [](Node const& item) { return item.kind == Node::Kind::null; });
            return;
        }
        for (auto& member : node.members) walk(member.value, key.empty() ? member.key : key + "." + member.key);
        for (auto& item : node.items) walk(item, key + "[]");
    }
};

}  // namespace

void put_files(Node& root, std::string folder, decltype(Overrides::file) const& read,
               std::vector<base::Error>& mistakes) {
    Files{std::move(folder), read, mistakes}.walk(root, {});
}

}  // namespace holdfast::spec
