// Findings as `waljet check` prints them, for people and for programs. Pure.
#pragma once

#include <string>

#include "streamer/check_finding.h"

namespace waljet {

// Errors first, notes last, as they came among their like.
void sort_findings(Findings& findings);

// A line each with its mend on the next one, and a last line that counts.
std::string findings_text(const Findings& findings, bool colored);

// An array of {"id","level","message","fix"}, one a line.
std::string findings_json(const Findings& findings);

// Whether something would hurt.
bool has_trouble(const Findings& findings);

}  // namespace waljet
