// SPDX-License-Identifier: Apache-2.0

/// The library's public face: `import Ocelli` brings all of it.
@_exported public import Architectures
@_exported public import Assessments
@_exported public import Classification
@_exported public import Datasets
@_exported public import Explanation
@_exported public import Imaging
@_exported public import Interchange
@_exported public import Kernels
@_exported public import ModelFormats
@_exported public import Network
@_exported public import Platform
@_exported public import Quantization
@_exported public import Scenes
@_exported public import Statistics
@_exported public import Training
