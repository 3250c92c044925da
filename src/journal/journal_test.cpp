#include "journal/journal.hpp"

#include <gtest/gtest.h>

namespace holdfast::journal {
namespace {

base::Time at(int seconds) { return *base::parse_time("2026-11-24T18:25:00Z") + std::chrono::seconds(seconds); }

json::Value plan() { return json::Object{{"schema", "holdfast/plan"}, {"steps", json::Array{"a", "b"}}}; }

std::vector<Record> life() {
    return {{Kind::intend, at(1), "write network", {}},
            {Kind::accepted, at(2), "write network", json::Object{{"poll", "https://arm.test/operations/1?t=9"}}},
            {Kind::intend, at(2), "write identity/cluster", {}},
            {Kind::done, at(3), "write identity/cluster",
             json::Object{{"id", "/x"}, {"outputs", json::Object{{"identity/cluster", json::Object{{"p", "7"}}}}}}},
            {Kind::failed, at(4), "write network", json::Object{{"error", json::Object{{"code", "Nope"}}}}},
            {Kind::intend, at(5), "write network", {}},
            {Kind::done, at(6), "write network", json::Object{{"id", "/n"}, {"outputs", json::Object{}}}},
            {Kind::end, at(7), "", json::Object{{"outcome", "succeeded"}}}};
}

std::string text_of(world::Files& files) { return *files.read("state/runs/r1.jsonl"); }

Journal written(world::Files& files, std::size_t records = 99) {
    auto journal = Journal::create(files, "state", "r1", plan(), at(0));
    EXPECT_TRUE(journal);
    auto const all = life();
    for (std::size_t i = 0; i < std::min(records, all.size()); ++i) EXPECT_TRUE(journal->write(all[i]));
    return std::move(*journal);
}

TEST(Journal, reads_back_what_it_wrote) {
    auto const files = world::memory_files();
    auto const journal = written(*files);
    auto const state = load(*files, "state", "r1");
    ASSERT_TRUE(state);
    EXPECT_EQ(state->plan, plan());
    EXPECT_EQ(state->outcome, "succeeded");
    EXPECT_TRUE(state->in_flight.empty());
    EXPECT_TRUE(state->failed.empty());
    EXPECT_EQ(state->done.size(), 2u);
    EXPECT_EQ(json::write(state->done.at("write identity/cluster")), R"({"identity/cluster":{"p":"7"}})");
    EXPECT_EQ(state->begun, at(0));
    EXPECT_EQ(state->last, at(7));
    EXPECT_FALSE(state->torn);
}

TEST(Journal, keeps_the_polling_address_of_what_is_in_flight) {
    auto const files = world::memory_files();
    auto const journal = written(*files, 3);
    auto const state = load(*files, "state", "r1");
    ASSERT_TRUE(state);
    EXPECT_EQ(state->in_flight.at("write network"), "https://arm.test/operations/1?t=9");
    EXPECT_EQ(state->in_flight.at("write identity/cluster"), "");
    EXPECT_FALSE(state->outcome);
}

// A crash may cut the file anywhere. Whatever is left is the state after some number of whole records, and the run can
// go on from it and end in the same state.
TEST(Journal, survives_being_cut_at_every_byte) {
    auto const whole = world::memory_files();
    written(*whole);
    auto const text = text_of(*whole);
    auto const complete = read(text, "r1");
    ASSERT_TRUE(complete);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        auto const files = world::memory_files({{"state/runs/r1.jsonl", text.substr(0, cut)}});
        auto const state = load(*files, "state", "r1");
        ASSERT_TRUE(state) << "cut at " << cut << ": " << state.error().what;
        auto journal = Journal::reopen(*files, "state", "r1", at(100));
        if (state->plan.is_null()) {
            EXPECT_FALSE(journal);
            continue;
        }
        ASSERT_TRUE(journal) << "cut at " << cut;
        for (auto const& record : life()) ASSERT_TRUE(journal->write(record));
        auto const again = load(*files, "state", "r1");
        ASSERT_TRUE(again) << "cut at " << cut << ": " << again.error().what;
        EXPECT_EQ(again->done, complete->done) << cut;
        EXPECT_EQ(again->outcome, complete->outcome) << cut;
        EXPECT_EQ(again->in_flight, complete->in_flight) << cut;
        EXPECT_FALSE(again->torn);
    }
}

// The process that closes a torn line can itself die, at any byte, and again.
TEST(Journal, survives_being_cut_while_it_is_reopened) {
    auto const whole = world::memory_files();
    written(*whole, 4);
    auto const torn = text_of(*whole) + R"({"at":"2026-11-24T18:2)";
    auto const once = world::memory_files({{"state/runs/r1.jsonl", torn}});
    ASSERT_TRUE(Journal::reopen(*once, "state", "r1", at(50)));
    auto const reopened = text_of(*once);
    for (std::size_t cut = torn.size(); cut <= reopened.size(); ++cut) {
        auto const files = world::memory_files({{"state/runs/r1.jsonl", reopened.substr(0, cut)}});
        auto journal = Journal::reopen(*files, "state", "r1", at(60));
        ASSERT_TRUE(journal) << cut;
        ASSERT_TRUE(journal->write({Kind::end, at(61), "", json::Object{{"outcome", "failed"}}}));
        auto const state = load(*files, "state", "r1");
        ASSERT_TRUE(state) << cut << ": " << state.error().what;
        EXPECT_EQ(state->done.size(), 1u);
        EXPECT_EQ(state->outcome, "failed");
    }
}

TEST(Journal, names_the_record_that_is_corrupt) {
    auto const begin = line({Kind::begin, at(0), "", plan()});
    auto const intend = line({Kind::intend, at(1), "a", {}});
    struct Row {
        std::string text;
        int number;
    };
    for (auto const& row : {Row{begin + "garbage\n" + intend, 2}, Row{"garbage\n" + begin, 1}, Row{intend, 1},
                            Row{begin + intend + begin, 3},
                            Row{begin +
                                    R"({"kind":"done","at":"2026-11-24T18:25:00Z"})"
                                    "\n" +
                                    intend,
                                2},
                            Row{begin +
                                    R"({"kind":"perhaps","at":"2026-11-24T18:25:00Z","step":"a"})"
                                    "\n" +
                                    intend,
                                2},
                            Row{begin +
                                    R"({"kind":"intend","at":"yesterday","step":"a"})"
                                    "\n" +
                                    intend,
                                2},
                            Row{begin + "\n" + intend, 2}}) {
        auto const state = read(row.text, "r1");
        ASSERT_FALSE(state) << row.text;
        EXPECT_EQ(state.error().code, base::ErrorCode::journal_corrupt);
        auto const* where = std::get_if<base::JournalRecord>(&state.error().where);
        ASSERT_TRUE(where);
        EXPECT_EQ(where->number, row.number) << row.text;
    }
}

TEST(Journal, a_page_of_zeros_at_the_end_is_a_torn_tail) {
    auto const text = line({Kind::begin, at(0), "", plan()}) + line({Kind::intend, at(1), "a", {}});
    auto const state = read(text + std::string(300, '\0') + "\n", "r1");
    ASSERT_TRUE(state);
    EXPECT_TRUE(state->torn);
    EXPECT_EQ(state->in_flight.size(), 1u);
}

TEST(Journal, writes_nothing_after_a_write_that_failed) {
    struct Full : world::AppendFile {
        explicit Full(int* l) : left(l) {}
        Result<void> append(std::string_view) override {
            if ((*left)-- > 0) return {};
            return base::fail(base::ErrorCode::unreadable, "no space left on device");
        }
        int* left;
    };
    struct Disk : world::Files {
        int left = 2;
        Result<std::string> read(std::string) override { return base::fail(base::ErrorCode::unreadable, "no"); }
        Result<void> write(std::string, std::string_view, world::Privacy) override { return {}; }
        Result<std::unique_ptr<world::AppendFile>> open_append(std::string, world::Privacy) override {
            return std::make_unique<Full>(&left);
        }
        bool exists(std::string) override { return false; }
        bool is_folder(std::string) override { return false; }
        Result<std::vector<std::string>> list(std::string) override { return std::vector<std::string>{}; }
        Result<void> remove(std::string) override { return {}; }
        Result<std::unique_ptr<world::FileLock>> lock(std::string) override { return nullptr; }
    } disk;
    auto journal = Journal::create(disk, "state", "r1", plan(), at(0));
    ASSERT_TRUE(journal);
    EXPECT_TRUE(journal->write({Kind::intend, at(1), "a", {}}));
    EXPECT_FALSE(journal->write({Kind::done, at(1), "a", {}}));
    disk.left = 100;  // room again: still no record after the hole
    EXPECT_FALSE(journal->write({Kind::intend, at(1), "b", {}}));
    EXPECT_TRUE(journal->state().done.empty());
}

TEST(Journal, lists_runs_newest_first_and_refuses_names_that_are_paths) {
    auto const files = world::memory_files({{"s/runs/20261124T182500Z-0001.jsonl", ""},
                                            {"s/runs/20261125T182500Z-0001.jsonl", ""},
                                            {"s/runs/notes.txt", ""}});
    EXPECT_EQ(*runs(*files, "s"), (std::vector<std::string>{"20261125T182500Z-0001", "20261124T182500Z-0001"}));
    EXPECT_TRUE(runs(*files, "nowhere")->empty());
    for (auto const* name : {"../../etc/passwd", "", "a/b", "a.b"}) EXPECT_FALSE(load(*files, "s", name)) << name;
    EXPECT_FALSE(Journal::create(*files, "s", "20261124T182500Z-0001", plan(), at(0)));
}

TEST(Journal, a_new_run_sorts_last_whatever_the_clock_says) {
    auto const files = world::memory_files();
    base::Prng prng{7};
    std::string newest;
    for (auto const* const when : {"2026-11-24T18:25:00Z", "2026-11-24T18:25:00Z", "2026-11-24T17:00:00Z",
                                   "2026-11-24T18:25:01Z", "2027-01-01T00:00:00Z"}) {
        auto const moment = base::parse_time(when);
        ASSERT_TRUE(moment);
        auto const name = new_run_name(*files, "s", *moment, prng);
        ASSERT_TRUE(name);
        EXPECT_TRUE(is_run_name(*name)) << *name;
        EXPECT_GT(*name, newest) << when;
        ASSERT_TRUE(Journal::create(*files, "s", *name, plan(), at(0)));
        EXPECT_EQ(runs(*files, "s")->front(), *name) << "what `resume` takes up is what began last";
        newest = *name;
    }
    EXPECT_TRUE(newest.starts_with("20270101T000000Z-")) << newest;
}

}  // namespace
}  // namespace holdfast::journal
