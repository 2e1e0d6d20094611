// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Assessments
import Experiments

extension AssessmentSection: ExpressibleByArgument {}
