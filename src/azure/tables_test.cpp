// The tables of `catalog` speak of types and properties that Microsoft publishes.
#include <gtest/gtest.h>

#include "azure/azure.hpp"

namespace holdfast::azure {
namespace {

TEST(Tables, durations_speak_of_known_types) {
    for (auto const& row : catalog::durations()) EXPECT_NE(shapes::find(row.type), nullptr) << row.type;
}

TEST(Tables, transitions_speak_of_published_properties) {
    for (auto const& row : catalog::transitions()) {
        if (row.type == "*") continue;
        auto const* type = shapes::find(row.type);
        ASSERT_NE(type, nullptr) << row.type;
        EXPECT_NE(shapes::property_at(*type, json::Path(row.at)), nullptr) << row.type << " " << row.at;
    }
}

TEST(Tables, codes_of_bare_statuses_have_a_meaning) {
    for (int const status : {401, 403, 404, 408, 412, 429, 500, 502, 503, 504}) {
        auto const error = read_error({status, {}, {}});
        EXPECT_FALSE(error.code.empty()) << status;
        if (status >= 429 || status == 408) {
            ASSERT_NE(meaning_of(error), nullptr) << status;
            EXPECT_EQ(meaning_of(error)->meaning, catalog::Meaning::again) << status;
        }
    }
}

}  // namespace
}  // namespace holdfast::azure
