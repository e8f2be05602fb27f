#pragma once

#include <string_view>
#include <vector>

namespace neusemslice {

/// The steps from an empty database to the newest schema: after step i (from 0), `user_version` is i + 1. A released
/// step never changes; a new schema is a new step. SCHEMA.md documents every table, view and column.
const std::vector<std::string_view>& schema_migrations();

}  // namespace neusemslice
