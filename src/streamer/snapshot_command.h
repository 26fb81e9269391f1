// `waljet snapshot`: asks the process that streams for rows that tables hold already, and shows how
// far it is; pauses, resumes and cancels that.
//
// What is asked for stands in the job's key (snapshot_job.h), where the process reads it once
// a control message has come to it through the WAL.
#pragma once

#include "streamer/settings.h"
#include "streamer/snapshot_request.h"

namespace waljet {

// The exit code. While the rows are read, trouble with NATS is waited out.
int snapshot_command(const SnapshotRequest& request, const RunSettings& settings);

}  // namespace waljet
