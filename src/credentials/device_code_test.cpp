// A person signs in on another device.
#include "credentials/testing.hpp"

namespace holdfast::credentials {
namespace {

using namespace testing;

std::string const offer =
    R"({"device_code":"dc","user_code":"ABC-1","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":5,"message":"hostile \u001b[2J text is not shown"})";

struct Shown {
    std::string text;
    Tell tell() {
        return [this](std::string const& more) { text += more; };
    }
};

TEST(DeviceCode, is_shown_and_asked_about_until_the_person_is_done) {
    Bench bench;
    Shown shown;
    auto const credential = device_code(cloud, application, shown.tell());
    bench.answer(200, offer);
    bench.answer(400, R"({"error":"authorization_pending"})");
    bench.answer(400, R"({"error":"slow_down"})");
    bench.answer(400, R"({"error":"authorization_pending"})");
    bench.answer(200, R"({"access_token":"one","expires_in":3600,"refresh_token":"r1"})");
    EXPECT_EQ(bench.token(*credential)->reveal(), "one");
    EXPECT_EQ(shown.text,
              "To sign in, open https://microsoft.com/devicelogin on any device and enter the code ABC-1\n");
    EXPECT_EQ(bench.clock.now() - noon, 5s + 5s + 10s + 10s) << "slower after it was asked to be";
    EXPECT_TRUE(bench.script.asked[0].url.ends_with("/oauth2/v2.0/devicecode"));
    EXPECT_EQ(form_of(bench.script.asked[0]).at("scope"),
              "https://management.azure.com/.default offline_access openid profile");
    auto const poll = form_of(bench.script.asked[1]);
    EXPECT_EQ(poll.at("grant_type"), "urn:ietf:params:oauth:grant-type:device_code");
    EXPECT_EQ(poll.at("device_code"), "dc");

    // Another audience, and later the same one: nobody is asked again, and each refresh token is used once.
    bench.answer(200, R"({"access_token":"graph","expires_in":3600,"refresh_token":"r2"})");
    EXPECT_EQ(bench.token(*credential, {}, "https://graph.microsoft.com")->reveal(), "graph");
    EXPECT_EQ(form_of(bench.script.asked.back()).at("refresh_token"), "r1");
    bench.pass(58min);
    bench.answer(200, R"({"access_token":"two","expires_in":3600,"refresh_token":"r3"})");
    EXPECT_EQ(bench.token(*credential)->reveal(), "two");
    EXPECT_EQ(form_of(bench.script.asked.back()).at("refresh_token"), "r2");

    // A revoked refresh token: the person is asked again.
    bench.pass(2h);
    bench.answer(400, R"({"error":"invalid_grant","error_description":"AADSTS50173: revoked"})");
    bench.answer(200, offer);
    bench.answer(200, R"({"access_token":"three","expires_in":3600})");
    shown.text.clear();
    EXPECT_EQ(bench.token(*credential)->reveal(), "three");
    EXPECT_NE(shown.text.find("ABC-1"), std::string::npos);
    EXPECT_TRUE(bench.script.answers.empty());
}

TEST(DeviceCode, ends_when_declined_expired_or_refused) {
    struct Row {
        char const *answer, *says;
    };
    for (auto const& row : {
             Row{R"({"error":"authorization_declined"})", "declined"},
             Row{R"({"error":"expired_token"})", "before the code expired"},
             Row{R"({"error":"bad_verification_code"})", "bad_verification_code"},
             Row{"<html>", "HTTP 400"},
         }) {
        Bench bench;
        Shown shown;
        bench.answer(200, offer);
        bench.answer(400, row.answer);
        auto const refused = bench.token(*device_code(cloud, application, shown.tell()));
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().what.find(row.says), std::string::npos) << refused.error().what;
        EXPECT_EQ(bench.script.asked.size(), 2u);
    }
    Bench pending;
    Shown shown;
    pending.answer(200, offer);
    for (int i = 0; i < 1'000; ++i) pending.answer(400, R"({"error":"authorization_pending"})");
    EXPECT_FALSE(pending.token(*device_code(cloud, application, shown.tell())));
    EXPECT_LE(pending.clock.now() - noon, 15min);
    EXPECT_LE(pending.script.asked.size(), 181u);
}

TEST(DeviceCode, hostile_offers_reach_no_terminal_and_no_endless_wait) {
    Bench bench;
    Shown shown;
    bench.answer(
        200,
        R"({"device_code":"dc","user_code":"A\u001b]0;x\u0007B","verification_uri":"https://x\nroot: ok","expires_in":1e300,"interval":-7})");
    bench.answer(400, R"({"error":"authorization_declined"})");
    EXPECT_FALSE(bench.token(*device_code(cloud, application, shown.tell())));
    for (char const c : shown.text.substr(0, shown.text.size() - 1)) EXPECT_GE(static_cast<unsigned char>(c), 0x20u);
    EXPECT_GE(bench.clock.now() - noon, 1s) << "never a busy loop";
    for (auto const* bad : {"<html>", R"({"device_code":"dc"})",
                            R"({"device_code":"d\r\nc","user_code":"A","verification_uri":"https://x"})"}) {
        Bench none;
        none.answer(200, bad);
        EXPECT_FALSE(none.token(*device_code(cloud, application, shown.tell()))) << bad;
        EXPECT_EQ(none.script.asked.size(), 1u);
    }
}

TEST(DeviceCode, one_code_on_the_screen_for_all_who_wait) {
    Bench bench;
    Shown shown;
    auto const credential = device_code(cloud, application, shown.tell());
    bench.answer(200, offer);
    bench.answer(200, R"({"access_token":"a","expires_in":3600,"refresh_token":"r1"})");
    bench.answer(200, R"({"access_token":"b","expires_in":3600,"refresh_token":"r2"})");
    bench.answer(200, R"({"access_token":"c","expires_in":3600,"refresh_token":"r3"})");
    bench.with([&](world::World& world) {
        struct All {
            static Task<void> one(Credential* credential, world::World* world, std::string audience, int* good) {
                auto const token = co_await credential->token(audience, "", *world);
                if (token) ++*good;
            }
            static Task<int> run(Credential* credential, world::World* world) {
                int good = 0;
                std::function<Task<void>(std::size_t)> const make = [&](std::size_t i) {
                    return one(credential, world, "https://a" + std::to_string(i % 3), &good);
                };
                co_await world::together(9, make);
                co_return good;
            }
        };
        EXPECT_EQ(world::run(bench.io, bench.clock, All::run(credential.get(), &world)), 9);
    });
    EXPECT_EQ(bench.script.asked.size(), 4u);
    EXPECT_EQ(std::count(shown.text.begin(), shown.text.end(), '\n'), 1);
}

}  // namespace
}  // namespace holdfast::credentials
