#include "base/base.hpp"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(Time, reads_what_azure_writes) {
    struct Row {
        std::string_view text, canonical;
    };
    for (auto const& row :
         {Row{"2021-04-09T06:58:46.2166666Z", "2021-04-09T06:58:46.216Z"},
          Row{"2026-11-24T18:25:00Z", "2026-11-24T18:25:00Z"}, Row{"2026-11-24T18:25:00+01:00", "2026-11-24T17:25:00Z"},
          Row{"2024-02-29T00:00:00", "2024-02-29T00:00:00Z"}}) {
        auto const time = parse_time(row.text);
        ASSERT_TRUE(time) << row.text;
        EXPECT_EQ(to_string(*time), row.canonical);
    }
    for (auto const text : {"", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-11-24", "2026-11-24T25:00:00Z",
                            "2026-11-24T18:25:00.Z"})
        EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Time, http_dates_round_trip) {
    auto const time = *parse_time("2026-11-24T18:25:09Z");
    EXPECT_EQ(http_date(time), "Tue, 24 Nov 2026 18:25:09 GMT");
    EXPECT_EQ(*parse_http_date(http_date(time)), time);
    EXPECT_FALSE(parse_http_date("Tue, 24 Foo 2026 18:25:09 GMT"));
}

TEST(Time, is_spoken_for_people) {
    EXPECT_EQ(spoken(Duration(400)), "0.4 s");
    EXPECT_EQ(spoken(Duration(4'000)), "4 s");
    EXPECT_EQ(spoken(Duration(417'000)), "6 min 57 s");
    EXPECT_EQ(spoken(Duration(3'720'000)), "1 h 02 min");
}

TEST(Text, is_compared_without_case_byte_by_byte) {
    // Every pair of bytes, at every place of a word and behind it.
    auto const small = [](int c) { return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c; };
    for (std::size_t at = 0; at < 10; ++at)
        for (int a = 0; a < 256; ++a)
            for (int b = 0; b < 256; ++b) {
                std::string x(10, 'Q'), y(10, 'q');
                x[at] = static_cast<char>(a);
                y[at] = static_cast<char>(b);
                ASSERT_EQ(same_text(x, y), small(a) == small(b)) << a << ' ' << b << " at " << at;
            }
    EXPECT_TRUE(same_text("", ""));
    EXPECT_FALSE(same_text("a", "ab"));
}

TEST(Cidr, refuses_host_bits_and_names_the_canonical_form) {
    auto const good = Cidr::parse("10.240.0.0/16");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->text(), "10.240.0.0/16");
    EXPECT_EQ(good->size(), 65536u);
    auto const bad = Cidr::parse("10.240.1.0/16");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().fix, "write 10.240.0.0/16");
    for (auto const text :
         {"", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "010.0.0.0/8", "10.0.0.0/8 ", "a.b.c.d/8", "256.0.0.0/8"})
        EXPECT_FALSE(Cidr::parse(text)) << text;
}

TEST(Cidr, overlap_is_what_sets_say) {
    // Every pair of ranges inside a /28: overlap and containment agree with counting addresses.
    std::vector<Cidr> all;
    for (int prefix = 28; prefix <= 32; ++prefix)
        for (std::uint32_t i = 0; i < (1u << (prefix - 28)); ++i) all.push_back(Cidr::of(i << (32 - prefix), prefix));
    for (auto const& a : all)
        for (auto const& b : all) {
            int shared = 0, inside = 0;
            for (std::uint32_t x = 0; x < 16; ++x) {
                shared += a.contains(x) && b.contains(x);
                inside += b.contains(x);
            }
            EXPECT_EQ(a.overlaps(b), shared > 0) << a.text() << ' ' << b.text();
            EXPECT_EQ(a.contains(b), shared == inside) << a.text() << ' ' << b.text();
        }
}

TEST(Text, nearest_finds_what_was_meant) {
    std::vector<std::string> const keys{"network", "encryption", "identity", "podCidr"};
    EXPECT_EQ(nearest("netwrok", keys), "network");
    EXPECT_EQ(nearest("podcidr", keys), "podCidr");
    EXPECT_EQ(nearest("zebra", keys), std::nullopt);
    EXPECT_EQ(nearest("net", keys), "network");  // the beginning of one word
    EXPECT_EQ(nearest("pod", std::vector<std::string>{"podCidr", "podSubnet"}), std::nullopt);
}

TEST(Text, printable_shows_what_would_deceive) {
    EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
    EXPECT_EQ(printable("line\nbreak"), "line\\nbreak");
    EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
    EXPECT_EQ(printable("\xff"), "\\xff");
    EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae");  // right-to-left override
}

TEST(Text, base64_round_trips_in_either_alphabet) {
    for (std::string const bytes : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd\xfc"}) {
        EXPECT_EQ(*from_base64(base64(bytes)), bytes);
        EXPECT_EQ(*from_base64(base64url(bytes)), bytes);
    }
    EXPECT_EQ(*from_base64("Zm9v\r\nYmFy"), "foobar");
    EXPECT_FALSE(from_base64("Zm9*"));
    EXPECT_FALSE(from_base64("Z"));
}

TEST(Guid, version_5_matches_the_published_vector) {
    // RFC 9562, appendix A.4: DNS namespace and "www.example.com".
    EXPECT_EQ(guid_v5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"),
              "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(Prng, the_same_seed_gives_the_same_numbers) {
    Prng a(7), b(7), c(8);
    EXPECT_EQ(a.next(), b.next());
    EXPECT_NE(a.next(), c.next());
    for (int i = 0; i < 1000; ++i) EXPECT_LT(a.below(10), 10u);
    auto const guid = a.guid();
    EXPECT_TRUE(is_guid(guid)) << guid;
    EXPECT_EQ(guid[14], '4');
}

TEST(Error, every_code_has_a_name_and_an_exit_status) {
    EXPECT_EQ(name(ErrorCode::guard), "guard");
    EXPECT_EQ(exit_status(ErrorCode::guard), 5);
    EXPECT_EQ(exit_status(ErrorCode::usage), 64);
}

}  // namespace
}  // namespace holdfast::base
