// The agreement of the simulated Azure with the recorded one, as docs/fidelity.md publishes it. ACCEPT=1 writes the
// section; review the difference like code: a number that falls is a simulator that grew less faithful.
#include "agreement.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace holdfast::recordings {
namespace {

constexpr std::string_view begin = "<!-- agreement: written by `ACCEPT=1 ctest -R recordings` -->\n";
constexpr std::string_view end = "<!-- end of agreement -->\n";

TEST(Agreement, of_the_simulated_azure_is_as_published) {
    if (!folder()) GTEST_SKIP() << "no recordings here";
    auto const section = as_markdown(agreement());
    std::istringstream lines(section);
    for (std::string line; std::getline(lines, line) && !line.starts_with("Differences");)
        std::printf("%s\n", line.c_str());
    if (std::getenv("HOLDFAST_RECORDINGS") != nullptr) return;  // published are the figures of the open recordings

    auto const path = HOLDFAST_SOURCE_DIR "/docs/fidelity.md";
    std::ifstream in(path);
    std::string const page((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    auto const start = page.find(begin), stop = page.find(end);
    ASSERT_TRUE(start != std::string::npos && stop != std::string::npos && start < stop)
        << path << " has no place for it";
    auto const from = start + begin.size();
    if (std::getenv("ACCEPT") != nullptr) {
        std::ofstream(path) << page.substr(0, from) << section << page.substr(stop);
        return;
    }
    EXPECT_EQ(page.substr(from, stop - from), section) << "ACCEPT=1 writes what comes out; review it like code";
}

}  // namespace
}  // namespace holdfast::recordings
