// Lists and challenges: what a server says of where to go next, and what is not believed.
#include <gtest/gtest.h>

#include "azure/azure.hpp"

namespace holdfast::azure {
namespace {

Response answer(int status, std::string body = {}, world::Headers headers = {}) {
    return {status, std::move(headers), std::move(body)};
}

std::string say(Pages::Next const& next) {
    return base::match(
        next, [](Pages::Finished const&) { return std::string("finished"); },
        [](Pages::Get const& get) { return "get " + get.url; },
        [](Pages::Ask const& ask) { return "ask with " + ask.skip_token; },
        [](base::Error const& error) { return "refused: " + error.what; });
}

auto const list = "https://management.azure.com/subscriptions/1/resources?api-version=1";

TEST(Pages, every_form) {
    struct Row {
        char const* form;
        std::string url, body, want;
    };
    for (auto const& row : {
             Row{"one page", list, R"({"value":[1,2]})", "finished"},
             Row{"empty text ends it", list, R"({"value":[],"nextLink":""})", "finished"},
             Row{"null ends it", list, R"({"value":[1],"nextLink":null})", "finished"},
             Row{"an empty page is not the last", list,
                 R"({"value":[],"nextLink":"https://management.azure.com/subscriptions/1/resources?$skiptoken=A%2B"})",
                 "get https://management.azure.com/subscriptions/1/resources?$skiptoken=A%2B"},
             Row{"Microsoft Graph", "https://graph.microsoft.com/v1.0/groups",
                 R"({"value":[1],"@odata.nextLink":"https://graph.microsoft.com/v1.0/groups?$skiptoken=B"})",
                 "get https://graph.microsoft.com/v1.0/groups?$skiptoken=B"},
             Row{"the old directory, relative", "https://graph.windows.net/t/users?api-version=1.6",
                 R"({"value":[1],"odata.nextLink":"users?$skiptoken=C"})",
                 "get https://graph.windows.net/t/users?$skiptoken=C"},
             Row{"a vault", "https://kv.vault.azure.net/keys?api-version=7.5",
                 R"({"value":[1],"nextLink":"https://kv.vault.azure.net:443/keys?$skiptoken=D"})",
                 "get https://kv.vault.azure.net:443/keys?$skiptoken=D"},
             Row{"a path on the same host", list, R"({"value":[1],"nextLink":"/subscriptions/1/more"})",
                 "get https://management.azure.com/subscriptions/1/more"},
             Row{"Resource Graph", "https://management.azure.com/providers/Microsoft.ResourceGraph/resources",
                 R"({"count":2,"data":[1,2],"$skipToken":"E"})", "ask with E"},
             Row{"no body", list, "", "refused: Azure's answer is not JSON"},
             Row{"no list", list, "{}", "refused: Azure's list is not an object with `value`"},
             Row{"another host", list, R"({"value":[1],"nextLink":"https://evil.test/x"})",
                 "refused: Azure's answer leads to another host, https://evil.test:443; no token goes there"},
             Row{"another port", list, R"({"value":[1],"nextLink":"https://management.azure.com:444/x"})",
                 "refused: Azure's answer leads to another host, https://management.azure.com:444; no token goes "
                 "there"},
             Row{"not https", list, R"({"value":[1],"nextLink":"http://management.azure.com/x"})",
                 "refused: Azure's answer leads to another host, http://management.azure.com:80; no token goes there"},
             Row{"a space in it", list, R"({"value":[1],"nextLink":"https://management.azure.com /x"})",
                 "refused: Azure's answer leads to no usable address; no token goes there"},
             Row{"no address", list, R"({"value":[1],"nextLink":"//evil.test/x"})",
                 "refused: Azure's answer leads to no usable address; no token goes there"},
             Row{"back to itself", list,
                 R"({"value":[1],"nextLink":"https://management.azure.com/subscriptions/1/resources?api-version=1"})",
                 "refused: the list leads back to a page already read"},
             Row{"a page of a proxy", list, "<html>sign in</html>", "refused: Azure's answer is not JSON"},
             Row{"no object", list, "[1]", "refused: Azure's list is not an object with `value`"},
         })
        EXPECT_EQ(say(Pages(row.url, {"GET", "list"}).page(answer(200, row.body))), row.want) << row.form;
}

TEST(Pages, gathers_and_is_bounded) {
    Pages pages(list, {"GET", "list"}, 3);
    auto const page = [](int next) {
        return answer(200,
                      R"({"value":[1,2],"nextLink":"https://management.azure.com/p?)" + std::to_string(next) + "\"}");
    };
    EXPECT_EQ(say(pages.page(page(1))), "get https://management.azure.com/p?1");
    EXPECT_EQ(say(pages.page(page(2))), "get https://management.azure.com/p?2");
    EXPECT_EQ(say(pages.page(page(3))), "refused: the list goes on after 3 pages");

    Pages whole(list, {"GET", "list"});
    whole.page(page(1));
    EXPECT_EQ(say(whole.page(answer(200, R"({"value":[3]})"))), "finished");
    EXPECT_EQ(json::write(json::Value(whole.take())), "[1,2,3]");

    Pages circle("https://management.azure.com/providers/Microsoft.ResourceGraph/resources", {"POST", "graph"});
    EXPECT_EQ(say(circle.page(answer(200, R"({"data":[1],"$skipToken":"S"})"))), "ask with S");
    EXPECT_EQ(say(circle.page(answer(200, R"({"data":[1],"$skipToken":"S"})"))),
              "refused: the list leads back to a page already read");
}

// Resource Graph's other form: every row must have a value for every column.
TEST(Pages, reads_tables) {
    auto const table = [](std::string columns, std::string rows) {
        Pages pages(list, {"POST", "graph"});
        auto const body = R"({"data":{"columns":)" + columns + R"(,"rows":)" + rows + "}}";
        auto const said = say(pages.page(answer(200, body)));
        return said + " " + json::write(json::Value(pages.take()));
    };
    std::string const columns = R"([{"name":"id"},{"name":"n"}])";
    EXPECT_EQ(table(columns, R"([["a",1],["b",2]])"), R"(finished [{"id":"a","n":1},{"id":"b","n":2}])");
    for (auto const& [head, rows] : {std::pair{columns, R"([["a"]])"}, {columns, R"([["a",1,2]])"}, {columns, "[7]"},
                                     {columns, "{}"}, {std::string("{}"), R"([["a",1]])"}})
        EXPECT_TRUE(table(head, rows).starts_with("refused: ")) << head << rows;
}

TEST(Pages, a_link_or_a_token_alone_may_be_too_long) {
    std::string const endless(65 * 1024, 'x');
    for (auto const& body : {R"({"value":[1],"nextLink":"https://management.azure.com/p?)" + endless + "\"}",
                             R"({"data":[1],"$skipToken":")" + endless + "\"}"}) {
        Pages pages(list, {"GET", "list"});
        EXPECT_TRUE(say(pages.page(answer(200, body))).starts_with("refused: the list is larger"));
    }
}

TEST(Pages, an_error_on_a_page_is_the_lists_error) {
    for (int const status : {400, 403, 500}) {
        auto const next = Pages(list, {"GET", "list"})
                              .page(answer(status, R"({"error":{"code":"AuthorizationFailed","message":"m"}})"));
        auto const* error = std::get_if<base::Error>(&next);
        ASSERT_NE(error, nullptr);
        ASSERT_TRUE(error->azure) << status;
        EXPECT_EQ(error->azure->code, "AuthorizationFailed");
    }
}

TEST(Challenge, every_form) {
    auto const vault = "https://kv.vault.azure.net/keys?api-version=7.5";
    auto const of = [](char const* url, std::string header, int status = 401) -> std::string {
        auto const found = challenge_of(answer(status, "", {{"WWW-Authenticate", std::move(header)}}), url);
        return found ? found->tenant + "|" + found->audience + "|" + found->claims : "none";
    };
    EXPECT_EQ(of(vault,
                 R"(Bearer authorization="https://login.microsoftonline.com/t-1", resource="https://vault.azure.net")"),
              "t-1|https://vault.azure.net|");
    EXPECT_EQ(of(list, R"(Bearer authorization_uri="https://login.windows.net/t-2", error="invalid_token")"), "t-2||")
        << "whose subscription it is";
    EXPECT_EQ(of(list, R"(Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ==")"), R"(||{"a":1})");
    EXPECT_EQ(of(list, R"(Bearer error="invalid_token", claims="eyJhIjoxfQ==")"), "none");
    EXPECT_EQ(of(vault, R"(Bearer authorization="https://login.test/t", resource="https://management.azure.com")"),
              "t||")
        << "a vault may not ask for another service's token";
    EXPECT_EQ(of("https://evilvault.azure.net/keys", R"(Bearer resource="https://vault.azure.net")"), "none");
    EXPECT_EQ(of(vault, "Basic realm=x"), "none");
    EXPECT_EQ(of(vault, R"(Bearer resource="https://vault.azure.net")", 403), "none");
    EXPECT_EQ(of(vault, "Bearer resource=\"" + std::string(20'000, 'x')), "none");
    EXPECT_EQ(of(list, R"(Bearer authorization="https://login.test/<script>")"), "none");
}

}  // namespace
}  // namespace holdfast::azure
