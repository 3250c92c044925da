// WWW-Authenticate and the claims of tokens.
#include "credentials/testing.hpp"

namespace holdfast::credentials {
namespace {

using namespace testing;

TEST(Challenges, are_read_as_they_are_written) {
    struct Row {
        char const *header, *read;
    };
    for (auto const& row : {
             Row{"Bearer", "Bearer"},
             Row{R"(Bearer realm="", error="insufficient_claims", claims="eyJ9")",
                 "Bearer realm= error=insufficient_claims claims=eyJ9"},
             Row{R"(Basic realm=/var/opt/azcmagent/tokens/a.key)", "Basic realm=/var/opt/azcmagent/tokens/a.key"},
             Row{R"(Basic realm="a, b=\"c\"", Bearer error=x)", R"(Basic realm=a, b="c" | Bearer error=x)"},
             Row{"Negotiate, Bearer a=b==", "Negotiate | Bearer a=b=="},
             Row{"Bearer a = b , c= d", "Bearer a=b c=d"},
             Row{R"(Bearer a="never closed)", "Bearer"},
             Row{", ,,", ""},
             Row{"\x01\x02", ""},
             Row{"Bearer claims=\"e,error=insufficient_claims\"", "Bearer claims=e,error=insufficient_claims"},
         }) {
        std::string read;
        for (auto const& challenge : challenges(row.header)) {
            read += (read.empty() ? "" : " | ") + challenge.scheme;
            for (auto const& [name, value] : challenge.parameters) read += " " + name + "=" + value;
        }
        EXPECT_EQ(read, row.read) << row.header;
    }
    EXPECT_LE(challenges(std::string(1 << 20, 'a')).front().scheme.size(), 16u << 10);
}

TEST(Challenges, only_an_honest_one_changes_what_is_asked_for) {
    auto const wanted = [](std::string header) { return claims_wanted({{"www-authenticate", std::move(header)}}); };
    auto const claims = R"({"access_token":{"nbf":{"essential":true}}})";
    auto const encoded = base::base64(claims);
    EXPECT_EQ(wanted("Bearer error=\"insufficient_claims\", claims=\"" + encoded + "\""), claims);
    EXPECT_EQ(wanted("Basic x=\"y\", bearer ERROR=insufficient_claims, claims=" + encoded), claims);
    EXPECT_EQ(wanted("Bearer error=\"invalid_token\", claims=\"" + encoded + "\""), "");
    EXPECT_EQ(wanted("Bearer error=\"insufficient_claims\", claims=\"not base64!\""), "");
    EXPECT_EQ(wanted("Bearer error=\"insufficient_claims\", claims=\"" + base::base64("[1]") + "\""), "")
        << "no object";
    EXPECT_EQ(wanted("Basic error=\"insufficient_claims\", claims=\"" + encoded + "\""), "");
    EXPECT_EQ(wanted("Bearer realm=\"error=insufficient_claims, claims=" + encoded + "\""), "") << "inside a quote";
}

TEST(Claims, are_read_without_trust) {
    auto const jwt = "e30." + base::base64url(R"({"oid":"o-1","tid":"t"})") + ".sig";
    EXPECT_EQ(*json::text_at(*claims_of(base::Secret(jwt)), "oid"), "o-1");
    for (auto const* bad : {"", "a.b", "a.!!!.c", "e30.e30", "a.bm90IGpzb24.c"})
        EXPECT_FALSE(claims_of(base::Secret(bad))) << bad;
}

}  // namespace
}  // namespace holdfast::credentials
