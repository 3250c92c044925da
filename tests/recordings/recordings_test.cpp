// Every recorded exchange, understood or named; and two hundred of them held against labels that people wrote.
#include <gtest/gtest.h>

#include <fstream>

#include "understanding.hpp"

namespace holdfast::recordings {
namespace {

TEST(Recordings, every_exchange_is_understood) {
    if (!folder()) GTEST_SKIP() << "no recordings here";
    struct Count {
        int understood = 0, all = 0;
    };
    std::map<std::string, Count> kinds;
    Count total;
    int asked_waits = 0, own_waits = 0;
    for (auto const& recording : all()) {
        auto const understood = understand(recording);
        for (std::size_t i = 0; i < understood.size(); ++i) {
            auto const& one = understood[i];
            auto& kind = kinds[one.kind];
            ++kind.all;
            ++total.all;
            if (one.wait) ++(one.wait_is_asked ? asked_waits : own_waits);
            if (one.trouble.empty()) {
                ++kind.understood;
                ++total.understood;
                continue;
            }
            ADD_FAILURE() << recording.name << " " << i << ": " << recording.exchanges[i].method << " "
                          << path_of(recording.exchanges[i].url) << " " << recording.exchanges[i].response.status
                          << "\n  " << one.klass << ", " << one.state << ", " << one.next << ": " << one.trouble;
        }
    }
    for (auto const& [kind, count] : kinds)
        std::printf("%-20s %6d of %6d understood\n", kind.c_str(), count.understood, count.all);
    std::printf("%-20s %6d of %6d understood\n", "all", total.understood, total.all);
    std::printf("waits: %d to the second as asked, %d of our own choice\n", asked_waits, own_waits);
    EXPECT_GT(total.all, 0) << "an empty folder proves nothing";
}

struct Expected {
    std::string file;
    std::size_t exchange = 0;
    std::string klass, state, next, wait;
};

std::vector<Expected> expectations() {
    std::ifstream file(HOLDFAST_SOURCE_DIR "/tests/recordings/expected.txt");
    std::vector<Expected> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        std::vector<std::string> cells;
        for (std::string_view rest = line; cells.size() < 7;) {
            auto const bar = rest.find('|');
            cells.emplace_back(base::trimmed(rest.substr(0, bar)));
            if (bar == std::string_view::npos) break;
            rest.remove_prefix(bar + 1);
        }
        if (cells.size() != 7 || cells[6].empty()) {
            ADD_FAILURE() << "not a row of seven cells: " << line;
            continue;
        }
        rows.push_back({cells[0], std::stoul(cells[1]), cells[2], cells[3], cells[4], cells[5]});
    }
    return rows;
}

TEST(Recordings, two_hundred_are_as_people_read_them) {
    if (!folder()) GTEST_SKIP() << "no recordings here";
    auto const rows = expectations();
    EXPECT_EQ(rows.size(), 200u);
    std::map<std::string, std::vector<Understood>> understood;
    int found = 0;
    for (auto const& recording : all())
        for (auto const& row : rows)
            if (row.file == recording.name) {
                understood.try_emplace(row.file, understand(recording));
                break;
            }
    for (auto const& row : rows) {
        auto const file = understood.find(row.file);
        if (file == understood.end()) continue;  // another folder of recordings
        ASSERT_LT(row.exchange, file->second.size()) << row.file;
        ++found;
        auto const& got = file->second[row.exchange];
        auto const where = row.file + " " + std::to_string(row.exchange);
        EXPECT_EQ(got.klass, row.klass) << where;
        EXPECT_EQ(got.state, row.state) << where;
        EXPECT_EQ(got.next, row.next) << where;
        if (row.wait == "-") {
            EXPECT_FALSE(got.wait) << where;
        } else if (row.wait == "own") {
            ASSERT_TRUE(got.wait) << where;
            EXPECT_GE(got.wait->count(), 1'000) << where << ": never a hot loop";
            EXPECT_LE(got.wait->count(), 30'000) << where;
        } else {
            ASSERT_TRUE(got.wait) << where;
            EXPECT_EQ(got.wait->count(), std::stoll(row.wait) * 1'000) << where;
        }
    }
    if (found == 0) GTEST_SKIP() << "the labelled recordings are not in this folder";
    EXPECT_EQ(found, 200);
    std::printf("%d exchanges held against labels\n", found);
}

}  // namespace
}  // namespace holdfast::recordings
