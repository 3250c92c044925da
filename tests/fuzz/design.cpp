// From a spec's bytes to its plan: whatever reads is designed or refused with positions, the same twice, and what is
// designed can be planned, judged and written down.
#include "checks/checks.hpp"
#include "plan/plan.hpp"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const spec = spec::read({reinterpret_cast<char const*>(data), size}, "fuzz.yaml");
    if (!spec) return 0;
    estate::Context const context{.tenant = "11111111-1111-1111-1111-111111111111",
                                  .subscription = "00000000-0000-0000-0000-000000000001",
                                  .vault_suffix = "vault.azsim.test",
                                  .registry_suffix = "azurecr.azsim.test"};
    auto const estate = estate::design(*spec, context);
    if (!estate) {
        if (estate.error().empty()) __builtin_trap();
        return 0;
    }
    base::Date const day{std::chrono::year{2026}, std::chrono::November, std::chrono::day{24}};
    auto const plan = plan::make(*estate, resource::Graph{}, {});
    auto const written = plan::to_json(plan, day);
    if (plan::to_json(plan::make(*estate, resource::Graph{}, {}), day) != written) __builtin_trap();
    auto const back = plan::from_json(written);
    if (!back || plan::to_json(*back, day) != written) __builtin_trap();
    plan::remaining_seconds(plan);
    (void)checks::to_json(checks::inspect(estate->graph), day);
    return 0;
}
