//! An OpenAI-compatible server over [`ft_client`]: any application, in any language, by changing one URL.
