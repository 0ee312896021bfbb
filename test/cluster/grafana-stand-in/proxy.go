package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// proxyDataSource passes a request on with the data source's own address, credentials and TLS settings.
func (server *server) proxyDataSource(writer http.ResponseWriter, request *http.Request) {
	source, found := server.sources[request.PathValue("uid")]
	if !found {
		answer(writer, http.StatusNotFound, map[string]string{"message": "Data source not found"})
		return
	}
	target, transport, err := source.connection()
	if err != nil {
		answer(writer, http.StatusInternalServerError, map[string]string{"message": err.Error()})
		return
	}
	server.queries.Add(1)
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(outgoing *httputil.ProxyRequest) {
		outgoing.Out.URL.Path = "/" + request.PathValue("path")
		outgoing.SetURL(target)
		source.authorize(outgoing.Out)
	}}
	proxy.ErrorHandler = func(writer http.ResponseWriter, _ *http.Request, err error) {
		logLine("error", err.Error())
		answer(writer, http.StatusBadGateway, map[string]string{"message": err.Error()})
	}
	proxy.ServeHTTP(writer, request)
}

func (server *server) dataSourceHealth(writer http.ResponseWriter, request *http.Request) {
	source, found := server.sources[request.PathValue("uid")]
	if !found {
		answer(writer, http.StatusNotFound, map[string]string{"message": "Data source not found"})
		return
	}
	if err := source.query("1+1"); err != nil {
		answer(writer, http.StatusBadRequest, map[string]string{"status": "ERROR", "message": err.Error()})
		return
	}
	answer(writer, http.StatusOK, map[string]string{"status": "OK", "message": "Successfully queried the Prometheus API."})
}

func (source dataSource) query(expression string) error {
	target, transport, err := source.connection()
	if err != nil {
		return err
	}
	address := target.JoinPath("/api/v1/query").String() + "?query=" + url.QueryEscape(expression)
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	source.authorize(request)
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	return nil
}

func (source dataSource) connection() (*url.URL, *http.Transport, error) {
	target, err := url.Parse(source.URL)
	if err != nil {
		return nil, nil, err
	}
	configuration := &tls.Config{InsecureSkipVerify: source.isSet("tlsSkipVerify")}
	configuration.ServerName, _ = source.JSONData["serverName"].(string)
	if source.isSet("tlsAuthWithCACert") {
		configuration.RootCAs = x509.NewCertPool()
		if !configuration.RootCAs.AppendCertsFromPEM([]byte(source.SecureJSONData["tlsCACert"])) {
			return nil, nil, fmt.Errorf("data source %q: secureJsonData.tlsCACert holds no certificate", source.Name)
		}
	}
	if source.isSet("tlsAuth") {
		pair, err := tls.X509KeyPair([]byte(source.SecureJSONData["tlsClientCert"]), []byte(source.SecureJSONData["tlsClientKey"]))
		if err != nil {
			return nil, nil, err
		}
		configuration.Certificates = []tls.Certificate{pair}
	}
	return target, &http.Transport{TLSClientConfig: configuration}, nil
}

func (source dataSource) authorize(request *http.Request) {
	request.Header.Del("Authorization")
	request.Header.Del("Cookie")
	if source.BasicAuth {
		request.SetBasicAuth(source.BasicAuthUser, source.SecureJSONData["basicAuthPassword"])
	}
	for key, value := range source.JSONData {
		if number, isName := strings.CutPrefix(key, "httpHeaderName"); isName {
			request.Header.Set(fmt.Sprint(value), source.SecureJSONData["httpHeaderValue"+number])
		}
	}
}

func (source dataSource) isSet(key string) bool {
	return source.JSONData[key] == true
}
