/// Maintenance configurations: the two schedules and the older weekly slots.
#include <boost/regex.hpp>

#include "simulator/providers/containerservice/hooks.hpp"

namespace holdfast::simulator::providers::containerservice {

Refusal validate_maintenance(Context& context, Write const& write) {
    if (auto no = name_allowed("Microsoft.ContainerService/managedClusters/maintenanceConfigurations", write.id.name()))
        return no;
    auto const& body = write.desired;
    bool const weekly_slots = write.id.name() == "default";
    bool const window = says(body, "properties.maintenanceWindow");
    if (weekly_slots) {
        if (window)
            return invalid("The configuration 'default' has timeInWeek and notAllowedTime, no maintenanceWindow.",
                           "maintenanceWindow");
        if (json::list_at(body, "properties.timeInWeek").empty() &&
            json::list_at(body, "properties.notAllowedTime").empty())
            return invalid("The configuration 'default' needs timeInWeek or notAllowedTime.", "timeInWeek");
        for (auto const& slot : json::list_at(body, "properties.timeInWeek"))
            for (auto const& hour : json::list_at(slot, "hourSlots"))
                if (auto const* number = hour.if_int64(); !number || *number < 0 || *number > 23)
                    return invalid("Hour slots are 0 to 23.", "timeInWeek");
        return {};
    }
    if (!window)
        return invalid("The configuration '" + std::string(write.id.name()) + "' needs maintenanceWindow.",
                       "maintenanceWindow");
    auto const hours = json::whole_at(body, "properties.maintenanceWindow.durationHours");
    if (!hours || *hours < 4 || *hours > 24)
        return invalid("durationHours must be between 4 and 24.", "maintenanceWindow.durationHours");
    static boost::regex const clock("^([01][0-9]|2[0-3]):[0-5][0-9]$"), offset("^[+-][0-9]{2}:[0-9]{2}$");
    if (auto const start = text(body, "properties.maintenanceWindow.startTime"); !matches(start, clock))
        return invalid("startTime '" + start + "' is not of the form HH:MM.", "maintenanceWindow.startTime");
    if (auto const zone = text(body, "properties.maintenanceWindow.utcOffset"); !zone.empty() && !matches(zone, offset))
        return invalid("utcOffset '" + zone + "' is not of the form +HH:MM.", "maintenanceWindow.utcOffset");
    if (auto const day = text(body, "properties.maintenanceWindow.startDate"); !day.empty() && !base::parse_date(day))
        return invalid("startDate '" + day + "' is not a date.", "maintenanceWindow.startDate");
    int kinds = 0;
    for (auto const* kind : {"daily", "weekly", "absoluteMonthly", "relativeMonthly"})
        kinds += says(body, json::Path("properties.maintenanceWindow.schedule").child(kind));
    if (kinds != 1)
        return invalid("A schedule is exactly one of daily, weekly, absoluteMonthly and relativeMonthly.",
                       "maintenanceWindow.schedule");
    if (says(body, "properties.maintenanceWindow.schedule.daily") &&
        write.id.name() != "aksManagedNodeOSUpgradeSchedule")
        return invalid("A daily schedule is for aksManagedNodeOSUpgradeSchedule only.",
                       "maintenanceWindow.schedule.daily");
    auto const between = [&](char const* path, std::int64_t low, std::int64_t high) {
        auto const number = json::whole_at(body, path);
        return !number || (*number >= low && *number <= high);
    };
    if (!between("properties.maintenanceWindow.schedule.weekly.intervalWeeks", 1, 4))
        return invalid("intervalWeeks must be between 1 and 4.", "maintenanceWindow.schedule");
    if (!between("properties.maintenanceWindow.schedule.daily.intervalDays", 1, 7))
        return invalid("intervalDays must be between 1 and 7.", "maintenanceWindow.schedule");
    if (!between("properties.maintenanceWindow.schedule.absoluteMonthly.intervalMonths", 1, 6) ||
        !between("properties.maintenanceWindow.schedule.relativeMonthly.intervalMonths", 1, 6))
        return invalid("intervalMonths must be between 1 and 6.", "maintenanceWindow.schedule");
    (void)context;
    return {};
}

}  // namespace holdfast::simulator::providers::containerservice
