/**
 * What the workloads run; the images of the stack itself are in `lib/core/images.ts`.
 *
 * Of the first no digest was known when it was added.
 *
 * @see https://catalog.ngc.nvidia.com/orgs/nvidia/teams/k8s/containers/cuda-sample
 * @see https://hub.docker.com/r/pytorch/pytorch
 */
export const VECTOR_ADD_IMAGE = 'nvcr.io/nvidia/k8s/cuda-sample:vectoradd-cuda12.5.0';
export const PYTORCH_IMAGE =
  'docker.io/pytorch/pytorch:2.10.0-cuda12.8-cudnn9-runtime@sha256:b85566342b86d13a67712e9315d40cdc2dad7f8d86df1aff3831f80835edbcca';
