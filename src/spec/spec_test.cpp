#include "spec/spec.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "language.hpp"

namespace holdfast::spec {
namespace {

namespace files = std::filesystem;
files::path const kSource = HOLDFAST_SOURCE_DIR;

std::string content(files::path const& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::string say(base::Error const& error) {
    auto const* at = std::get_if<base::SourcePos>(&error.where);
    auto const place = at == nullptr          ? std::string("nowhere")
                       : at->file == "f.yaml" ? fmt::format("{}:{}", at->line, at->column)
                                              : fmt::format("{}:{}:{}", at->file, at->line, at->column);
    return fmt::format("{} {}: {} | {}\n", place, base::name(error.code), error.what, error.fix);
}

std::string say(resource::Origin const& origin) {
    using By = resource::Origin::By;
    if (origin.by != By::you) return fmt::format("{}: {}", resource::name(origin.by), origin.because);
    return fmt::format("you, {}:{}:{}{}", origin.where.file, origin.where.line, origin.where.column,
                       origin.because.empty() ? "" : ", " + origin.because);
}

// ------------------------------------------------------------------------------------------------ scenarios

/// One case of a scenario file: a spec, `== overlay NAME` with its text, `== set key=value`, `== show key`; what is
/// expected stands after `----`. Cases are separated by `====`. ACCEPT=1 records what comes out.
std::string run(std::string const& input) {
    std::string text;
    Overrides overrides;
    std::vector<std::string> shown;
    std::string* into = &text;
    std::istringstream lines(input);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("== set ")) {
            auto const pair = line.substr(7);
            auto const equals = pair.find('=');
            overrides.set.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
        } else if (line.starts_with("== overlay ")) {
            overrides.overlays.emplace_back(line.substr(11), "");
            into = &overrides.overlays.back().second;
        } else if (line.starts_with("== show ")) {
            shown.push_back(line.substr(8));
        } else {
            *into += line + "\n";
        }
    }
    auto const spec = read(text, "f.yaml", overrides);
    std::string out;
    if (!spec) {
        for (auto const& error : spec.error()) out += say(error);
        return out;
    }
    if (shown.empty()) return "good\n";
    for (auto const& key : shown) {
        auto const* value = spec->value(key);
        out += value == nullptr ? fmt::format("{}: absent\n", key)
                                : fmt::format("{}: {} ({})\n", key, json::write(*value), say(spec->origin(key)));
    }
    return out;
}

std::string recorded(std::string const& text) {
    std::string out;
    std::string input;
    bool expecting = false;
    auto const finish = [&] {
        if (!input.empty()) out += input + "----\n" + run(input);
        input.clear();
        expecting = false;
    };
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line == "====") {
            finish();
            out += "====\n";
        } else if (line == "----") {
            expecting = true;
        } else if (!expecting) {
            input += line + "\n";
        }
    }
    finish();
    return out;
}

std::string first_difference(std::string const& got, std::string const& want) {
    std::istringstream one(got), other(want);
    std::string a, b;
    for (int line = 1;; ++line) {
        bool const more = static_cast<bool>(std::getline(one, a)), also = static_cast<bool>(std::getline(other, b));
        if (!more && !also) return {};
        if (more != also || a != b)
            return fmt::format("line {}\n  got   {}\n  want  {}", line, more ? a : "(end)", also ? b : "(end)");
    }
}

TEST(Spec, scenarios) {
    for (auto const& entry : files::directory_iterator(kSource / "tests/scenarios/spec")) {
        auto const want = content(entry.path());
        auto const got = recorded(want);
        if (std::getenv("ACCEPT") != nullptr) {
            std::ofstream(entry.path()) << got;
            continue;
        }
        EXPECT_EQ(first_difference(got, want), "") << entry.path() << "; ACCEPT=1 records what comes out";
    }
}

// ------------------------------------------------------------------------------------------------ examples

std::vector<files::path> examples() {
    std::vector<files::path> all;
    for (auto const& entry : files::directory_iterator(kSource / "examples"))
        if (entry.path().extension() == ".yaml") all.push_back(entry.path());
    std::ranges::sort(all);
    return all;
}

TEST(Spec, every_example_reads_without_mistakes) {
    EXPECT_GE(examples().size(), 6u);
    for (auto const& path : examples()) {
        auto const spec = read(content(path), path.string());
        std::string mistakes;
        if (!spec)
            for (auto const& error : spec.error()) mistakes += say(error);
        EXPECT_EQ(mistakes, "") << path;
        if (!spec) continue;
        EXPECT_EQ(spec->text("azure.cloud"), "simulated") << path;
        if (auto const world = spec->maybe_text("azure.world")) {
            EXPECT_TRUE(json::parse(content(files::path(spec->folder) / *world))) << *world;
        }
    }
}

TEST(Spec, a_production_cluster_is_said_in_thirty_lines) {
    auto const text = content(kSource / "examples/secure-cluster.yaml");
    EXPECT_LE(std::ranges::count(text, '\n'), 30);
}

TEST(Spec, every_value_knows_who_decided_it) {
    for (auto const& path : examples()) {
        auto const spec = read(content(path), path.string());
        ASSERT_TRUE(spec) << path;
        json::each_leaf(spec->tree, [&](json::Path const& at, json::Value const&) {
            auto const row = find_field(at.text());
            if (row != nullptr && row->kind == FieldKind::secret) return;
            auto const origin = spec->origin(at.text());
            if (origin.by == resource::Origin::By::you) EXPECT_GT(origin.where.line, 0) << path << " " << at.text();
        });
    }
}

TEST(Spec, survives_every_changed_byte) {
    for (auto const& path : examples()) {
        auto const text = content(path);
        constexpr std::string_view kBytes = "\n:{[]}&*'\"#-, 0\t\x80";
        for (std::size_t i = 0; i < text.size(); i += 7) {
            auto changed = text;
            changed[i] = kBytes[(i / 7) % kBytes.size()];
            auto const spec = read(changed, "f.yaml");
            if (spec) continue;
            EXPECT_FALSE(spec.error().empty());
            for (auto const& error : spec.error()) {
                EXPECT_FALSE(error.what.empty() || error.fix.empty()) << say(error);
                EXPECT_TRUE(std::holds_alternative<base::SourcePos>(error.where)) << say(error);
            }
        }
    }
}

// ------------------------------------------------------------------------------------------------ rows

TEST(Language, rows_are_sound) {
    std::vector<std::string_view> before;
    for (auto const& row : fields()) {
        EXPECT_EQ(find_field(row.key), &row) << row.key;
        EXPECT_FALSE(row.means.empty()) << row.key;
        EXPECT_EQ(row.arm_type.empty(), row.arm_at.empty()) << row.key;
        if (!row.standard.empty()) EXPECT_FALSE(row.standard_because.empty()) << row.key;
        auto const dot = row.key.rfind('.');
        if (dot != std::string_view::npos) {
            auto parent = row.key.substr(0, dot);
            if (parent.ends_with("[]")) parent.remove_suffix(2);
            ASSERT_NE(find_field(parent), nullptr) << row.key << " stands below nothing";
        }
        bool const choice =
            row.kind == FieldKind::choice || row.kind == FieldKind::list_choice || row.kind == FieldKind::id;
        EXPECT_EQ(choice, !row.allowed.empty()) << row.key;
        if (!row.short_for.empty())
            EXPECT_NE(find_field(fmt::format("{}.{}", row.key, row.short_for)), nullptr) << row.key;
        before.push_back(row.key);
        // What is filled must already be decided when a condition asks for it.
        for (auto const& key : Condition::parse(row.only).keys()) {
            auto const* asked = find_field(key);
            ASSERT_NE(asked, nullptr) << row.key << " asks for " << key;
            bool const filled = !asked->standard.empty() || !asked->derive.empty() ||
                                std::ranges::any_of(profiles(), [&](auto const& p) { return p.key == asked->key; });
            if (filled)
                EXPECT_NE(std::ranges::find(before, asked->key), before.end()) << row.key << " asks for " << key;
        }
    }
    EXPECT_GE(fields().size(), 110u);
}

TEST(Language, profiles_speak_of_known_keys) {
    auto const names = base::split(find_field("profile")->allowed, '\n');
    for (auto const& row : profiles()) {
        EXPECT_TRUE(row.profile == "every" || std::ranges::find(names, row.profile) != names.end()) << row.profile;
        ASSERT_NE(find_field(row.key), nullptr) << row.key;
        for (auto const& key : Condition::parse(row.when).keys()) EXPECT_NE(find_field(key), nullptr) << key;
    }
    for (auto const& row : statements()) {
        for (auto const& key : base::split(row.keys, '\n')) EXPECT_NE(find_field(key), nullptr) << key;
        for (auto const& key : Condition::parse(row.wrong).keys()) EXPECT_NE(find_field(key), nullptr) << key;
    }
}

/// The smallest spec there is, under every profile: whatever a profile decides fits the language.
TEST(Language, every_profile_completes_the_smallest_spec) {
    for (auto const& profile : base::split(find_field("profile")->allowed, '\n'))
        for (std::string_view const pools :
             {"", "pools: [{name: system}, {name: work, min: 1, max: 3}, {name: win, os: windows}]\n"})
            for (std::string_view const network :
                 {"", "network: {virtualNetwork: none}\n", "network: {plugin: kubenet}\n",
                  "network: {mode: podSubnet, dataplane: azure}\n",
                  "network: {egress: {by: nextHop, address: 10.9.0.4}}\n"}) {
                auto const text =
                    fmt::format("name: x1\nprofile: {}\nazure: {{region: westeurope}}\n{}{}", profile, network, pools);
                auto const spec = read(text, "f.yaml");
                std::string mistakes;
                if (!spec)
                    for (auto const& error : spec.error()) mistakes += say(error);
                EXPECT_EQ(mistakes, "") << text;
            }
}

TEST(Language, arm_paths_exist_in_the_published_types) {
    int found = 0;
    for (auto const& row : fields()) {
        if (row.arm_type.empty() || row.arm_at == "name") continue;
        auto const* type = shapes::find(row.arm_type);
        if (type == nullptr) {
            ADD_FAILURE() << row.key << ": no type " << row.arm_type;
            continue;
        }
        std::string path(row.arm_at);
        for (auto at = path.find("[]"); at != std::string::npos; at = path.find("[]")) path.replace(at, 2, "[0]");
        EXPECT_NE(shapes::property_at(*type, json::Path(path)), nullptr)
            << row.key << ": " << row.arm_type << " " << path;
        ++found;
    }
    EXPECT_GT(found, 80);
}

TEST(Language, conditions) {
    auto const tree = json::parse(
        R"({"a":{"b":"x","n":3,"t":true,"l":["p","q"],"e":[]},"pools":[{"os":"linux","m":1},{"os":"windows","m":4}]})");
    ASSERT_TRUE(tree);
    struct Row {
        std::string_view text;
        bool want;
    };
    for (auto const& row :
         {Row{"", true}, Row{"a.b = x", true}, Row{"a.b = y|x", true}, Row{"a.b != x", false}, Row{"a.c != x", true},
          Row{"a.t = true & a.n = 3", true}, Row{"a.b", true}, Row{"a.e", false}, Row{"!a.e", true}, Row{"!a.z", true},
          Row{"a.l has q", true}, Row{"a.l has r", false}, Row{"!a.l has q", false}, Row{"!a.l has r", true},
          Row{"!a.z has q", true}, Row{"a.b = y or a.n = 3", true}, Row{"any pools[].os = windows", true},
          Row{"any pools[].os = mac", false}, Row{"none pools[].os = mac", true}})
        EXPECT_EQ(Condition::parse(row.text).holds(*tree), row.want) << row.text;
    Instance const second{{}, "pools", 1};
    EXPECT_TRUE(Condition::parse("pools[].os = windows").holds(*tree, second));
    EXPECT_TRUE(Condition::parse("pools[].m > a.n").holds(*tree, second));
    EXPECT_EQ(Condition::parse("a.b = x|y & !a.c or any pools[].os = windows").spoken(),
              "a.b is x or y and a.c is not said, or one of pools has os windows");
}

TEST(Secrets, a_file_is_shown_without_them) {
    constexpr std::string_view text =
        "name: x\nidentity: {controlPlane: servicePrincipal, servicePrincipal: {secret: hunter2, clientId: a}}\n"
        "windows:\n  password: \"pa ss\"\n";
    auto const shown = without_secrets(text);
    EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("pa ss"), std::string::npos) << shown;
    EXPECT_NE(shown.find("{secret: *******, clientId: a}}"), std::string::npos) << shown;
    EXPECT_EQ(shown.size(), text.size());
    auto const block = without_secrets("windows:\n  password: |\n    hunter2\n    hunter3\n  user: me\n");
    EXPECT_EQ(block.find("hunter"), std::string::npos) << block;
    EXPECT_NE(block.find("user: me"), std::string::npos) << block;
    constexpr std::string_view named = "windows: {password: {env: PASSWORD}}\n";
    EXPECT_EQ(without_secrets(named), named);
}

TEST(Files, text_comes_from_files_where_a_row_takes_it) {
    constexpr std::string_view text =
        "name: small\nazure: {region: westeurope}\noperations:\n  certificateAuthorities: [{file: ca.pem}, {file: gone.pem}, "
        "{file: key.pem}]\naccess: {ssh: localUser, sshKey: {file: /keys/id.pub}}\n";
    std::map<std::string, std::string> const held{
        {"specs/ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
        {"specs/key.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nBBBB\n"},
        {"/keys/id.pub", "ssh-ed25519 AAAA me\n"}};
    Overrides overrides;
    overrides.file = [&](std::string const& path) -> base::Result<std::string> {
        auto const found = held.find(path);
        if (found == held.end()) return base::fail(base::ErrorCode::unreadable, "cannot read " + path);
        return found->second;
    };
    auto const wrong = read(text, "specs/small.yaml", overrides);
    ASSERT_FALSE(wrong);
    ASSERT_EQ(wrong.error().size(), 2u) << wrong.error().front().what;
    EXPECT_EQ(wrong.error()[0].what, "cannot read specs/gone.pem");
    EXPECT_EQ(wrong.error()[1].what, "this holds a private key");

    auto const good = read(
        "name: small\nazure: {region: westeurope}\noperations: {certificateAuthorities: [{file: ca.pem}]}\n"
        "access: {ssh: localUser, sshKey: {file: /keys/id.pub}}\n",
        "specs/small.yaml", overrides);
    ASSERT_TRUE(good) << good.error().front().what;
    EXPECT_EQ(good->text("access.sshKey"), "ssh-ed25519 AAAA me");
    EXPECT_EQ(good->texts("operations.certificateAuthorities"),
              std::vector<std::string>{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"});
    EXPECT_FALSE(read("name: small\nazure: {region: westeurope}\naccess: {ssh: localUser, sshKey: {file: x}}\n", "a.yaml"));
}

TEST(Schema, is_complete_and_steady) {
    auto const schema_now = schema();
    EXPECT_EQ(json::text_at(schema_now, "$schema"), "http://json-schema.org/draft-07/schema#");
    auto const text = json::write(schema_now);
    for (auto const& row : fields())
        EXPECT_NE(text.find(fmt::format("\"{}\":", last_word(row.key))), std::string::npos) << row.key;
    EXPECT_EQ(json::write(schema()), json::write(schema_now));
    auto const root = json::object_at(schema_now, "properties");
    EXPECT_EQ(json::write(*json::find(schema_now, "required")), R"(["name","azure"])");
    EXPECT_EQ(json::text_at(schema_now, "properties.pools.items.properties.os.enum[1]"), "windows");
}

}  // namespace
}  // namespace holdfast::spec
