/// Exchanges with the real Azure, as test recordings of its SDKs hold them: one JSON object a line.
///
/// They lie in the folder that HOLDFAST_RECORDINGS names, else beside the project in ../shared/azure/recordings; tests
/// that need them are skipped, visibly, where there are none.
#pragma once

#include <filesystem>
#include <map>
#include <optional>

#include "world/world.hpp"

namespace holdfast::recordings {

struct Exchange {
    std::string method, url;
    json::Value request_body;
    world::Headers request_headers;
    world::Response response;
    json::Value body;  ///< the answer's body as JSON; null where it is none
    base::Time at;     ///< what a clock showed that never goes back: the answer's Date, or later
    std::optional<base::Time> date;  ///< the answer's Date
    bool cut = false;  ///< the body was too long for the recorder
};
struct Recording {
    std::string name;  ///< "net__KeyVault.ManageKeyVaultTest"
    std::vector<Exchange> exchanges;
    /// The exchanges as they happened. Recorders group what was asked alike; the answers' Date tells.
    std::vector<std::size_t> in_time() const;
};

/// nullopt: no recordings here.
std::optional<std::filesystem::path> folder();
/// Every file, in order of name. What cannot be read fails the test.
std::vector<Recording> const& all();

/// Where an address leads, in lower case: "/subscriptions/…", without query.
std::string path_of(std::string_view url);
std::string host_of(std::string_view url);

}  // namespace holdfast::recordings
