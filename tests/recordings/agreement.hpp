/// How far the simulated Azure agrees with the real one: every recorded exchange about a type that an estate is made
/// of, asked again of the simulated one in the recorded order, compared in status, headers and body, property by
/// property.
#pragma once

#include <set>

#include "recording.hpp"

namespace holdfast::recordings {

struct Agreement {
    int sequences = 0, sequences_alike = 0;
    int exchanges = 0, same_status = 0, same_headers = 0, alike = 0;
    int properties = 0, same_properties = 0;
    std::map<std::string, int> differences;  ///< in words, with how often
};

/// By type. A sequence is all that one recording says to resources of one type.
std::map<std::string, Agreement> agreement();
/// The section of docs/fidelity.md.
std::string as_markdown(std::map<std::string, Agreement> const&);

}  // namespace holdfast::recordings
